import SwiftwaterCore

/// A connection to a PostgreSQL server. For use by one thread at a time.
final class PostgreSQLConnection {
    /// What a statement returned.
    struct Rows {
        let values: [[String?]]
        /// The number of rows that a command changed.
        let affected: Int
    }

    private let library: LibPQ
    private let handle: LibPQ.Connection
    let address: PostgreSQLAddress

    /// Connects.
    ///
    /// - Throws: `network`; `denied` for a wrong user or password; `notFound` for a database that is not there;
    ///   `unsupported` without the library.
    init(_ address: PostgreSQLAddress) throws {
        self.address = address
        let library = try LibPQ.shared()
        self.library = library
        let settings = address.settings
        let new = withTexts(settings.map(\.name)) { names in
            withTexts(settings.map(\.value)) { values in library.connect(names, values, 1) }
        }
        guard let new else {
            throw SwiftwaterError(.io, "no memory for a connection to \(address.label)")
        }
        handle = new
        guard library.status(new) == LibPQ.connectionIsFine else {
            throw address.refusal(of: library.errorMessage(new).map { String(cString: $0) } ?? "")
        }
    }

    deinit { library.finish(handle) }

    /// Whether the connection can be used.
    var isAlive: Bool { library.status(handle) == LibPQ.connectionIsFine }

    /// Runs a statement. Parameters are `$1`, `$2` and so on, of types that the server finds.
    ///
    /// - Throws: `PostgreSQLError`.
    @discardableResult
    func run(_ sql: String, _ parameters: [String?] = []) throws -> Rows {
        let result = withTexts(parameters) {
            library.execute(handle, sql, CInt(parameters.count), nil, $0, nil, nil, 0)
        }
        return try rows(of: result, sql)
    }

    /// Runs statements as one transaction. A transaction whose end is not known, because the connection broke, is an
    /// error like any other.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run("BEGIN")
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            if isAlive { _ = try? run("ROLLBACK") }
            throw error
        }
    }

    /// Copies rows into a table, in the text format of `COPY`.
    func copy(into table: String, columns: [String], _ rows: [[String?]]) throws {
        let names = columns.map(PostgreSQLConnection.quoted).joined(separator: ", ")
        let sql = "COPY \(table) (\(names)) FROM STDIN"
        guard let begin = library.execute(handle, sql, 0, nil, nil, nil, nil, 0) else { throw broken(sql) }
        guard library.resultStatus(begin) == LibPQ.copyIn else {
            _ = try self.rows(of: begin, sql)
            return
        }
        library.clear(begin)
        var buffer: [UInt8] = []
        func send() throws {
            let sent = buffer.withUnsafeBytes { bytes in
                library.putCopy(handle, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), CInt(bytes.count))
            }
            guard sent == 1 else { throw broken(sql) }
            buffer.removeAll(keepingCapacity: true)
        }
        for row in rows {
            PostgreSQLConnection.append(row, to: &buffer)
            if buffer.count > 256 << 10 { try send() }
        }
        if !buffer.isEmpty { try send() }
        guard library.endCopy(handle, nil) == 1 else { throw broken(sql) }
        var problem: (any Error)?
        while let result = library.nextResult(handle) {
            do { _ = try self.rows(of: result, sql) } catch { problem = problem ?? error }
        }
        if let problem { throw problem }
    }

    private static func append(_ row: [String?], to buffer: inout [UInt8]) {
        for (number, value) in row.enumerated() {
            if number > 0 { buffer.append(0x09) }
            guard let value else {
                buffer.append(contentsOf: [0x5C, 0x4E])
                continue
            }
            for byte in value.utf8 {
                switch byte {
                // PostgreSQL has no text with a zero byte.
                case 0: buffer.append(contentsOf: "\u{FFFD}".utf8)
                case 0x5C: buffer.append(contentsOf: [0x5C, 0x5C])
                case 0x09: buffer.append(contentsOf: [0x5C, 0x74])
                case 0x0A: buffer.append(contentsOf: [0x5C, 0x6E])
                case 0x0D: buffer.append(contentsOf: [0x5C, 0x72])
                default: buffer.append(byte)
                }
            }
        }
        buffer.append(0x0A)
    }

    /// Returns a name as SQL writes it.
    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    // MARK: Results

    private func rows(of result: LibPQ.Result?, _ sql: String) throws -> Rows {
        guard let result else { throw broken(sql) }
        defer { library.clear(result) }
        let status = library.resultStatus(result)
        guard status == LibPQ.commandWasFine || status == LibPQ.rowsCame else { throw problem(result, sql) }
        let affected = library.affectedRows(result).flatMap { Int(String(cString: $0)) } ?? 0
        let columns = library.columnCount(result)
        let values = (0..<library.rowCount(result)).map { row in
            (0..<columns).map { column in text(result, row, column) }
        }
        return Rows(values: values, affected: affected)
    }

    private func text(_ result: LibPQ.Result, _ row: CInt, _ column: CInt) -> String? {
        guard library.isNull(result, row, column) == 0, let start = library.value(result, row, column) else {
            return nil
        }
        let count = Int(library.valueLength(result, row, column))
        return String(
            decoding: UnsafeRawBufferPointer(start: UnsafeRawPointer(start), count: count), as: UTF8.self)
    }

    private func problem(_ result: LibPQ.Result, _ sql: String) -> PostgreSQLError {
        func field(_ code: CInt) -> String? { library.errorField(result, code).map { String(cString: $0) } }
        let words = [field(LibPQ.message), field(LibPQ.detail)].compactMap(\.self).joined(separator: "; ")
        guard !words.isEmpty else { return broken(sql) }
        return PostgreSQLError(state: field(LibPQ.state) ?? "", words: words, address: address, isBroken: !isAlive)
    }

    /// The error of a connection that broke.
    private func broken(_ sql: String) -> PostgreSQLError {
        let words = library.errorMessage(handle).map { String(cString: $0) } ?? ""
        return PostgreSQLError(
            state: "", words: words.split(separator: "\n").first.map(String.init) ?? "the connection broke",
            address: address, isBroken: true)
    }
}

/// Calls `body` with C texts, and a null pointer at their end.
private func withTexts<Result>(_ texts: [String?], _ body: (LibPQ.Texts) throws -> Result) rethrows -> Result {
    var bytes: [CChar] = []
    var starts: [Int?] = []
    for text in texts {
        starts.append(text.map { _ in bytes.count })
        // A C text ends at a zero byte.
        if let text { bytes += text.replacing("\0", with: "\u{FFFD}").utf8CString }
    }
    return try bytes.withUnsafeBufferPointer { all in
        let pointers: [LibPQ.Text?] = starts.map { start in start.map { all.baseAddress! + $0 } } + [nil]
        return try pointers.withUnsafeBufferPointer { try body($0.baseAddress!) }
    }
}
