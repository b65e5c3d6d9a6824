import SwiftwaterCore

/// Makes lines of the rows of a table (CSV), whose bytes come in pieces. A row that cannot be read is left out and
/// counted.
package struct TableText {
    /// Rows that were left out.
    package struct Faults: Sendable {
        /// The number of rows.
        package var count = 0
        /// What was wrong with the first.
        package var first: SwiftwaterError?

        mutating func add(_ error: SwiftwaterError) {
            count += 1
            if first == nil { first = error }
        }
    }

    /// A table without the columns that are needed: none of its rows can be read.
    package struct Unreadable: Error {
        /// What is missing, and in which file.
        package let error: SwiftwaterError
    }

    /// The rows that were left out so far.
    package private(set) var faults = Faults()
    private let name: String
    private let rowMaxBytes: Int
    private var separator: UInt8?
    private var rows: any TableRows
    private var line = 1
    private var hasBegun = false
    /// Whether the rest of a line is left out.
    private var isSkipping = false

    /// Creates a reader at the start of a table.
    ///
    /// - Parameters:
    ///   - name: the file, for messages.
    ///   - rowMaxBytes: the longest row.
    package init(_ format: any TableFormat, name: String, rowMaxBytes: Int) {
        (rows, separator) = (format.makeRows(), format.separator)
        (self.name, self.rowMaxBytes) = (name, rowMaxBytes)
    }

    /// Says that the next bytes begin with this line of the file, from 1, after the rows that were taken.
    package mutating func goOn(atLine line: Int) { self.line = line }

    /// Appends the lines of the whole rows in `bytes`, and returns how many bytes these are. The bytes after them must
    /// come again, with more.
    ///
    /// - Parameter isEnd: whether no more bytes follow, so that the last row may have no line end.
    /// - Throws: `Unreadable`.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, isEnd: Bool, into output: inout [UInt8]
    ) throws -> Int {
        var used = 0
        while used < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
            if isSkipping {
                used += skipLine(rest)
                continue
            }
            if separator == nil {
                guard isEnd || rest.count > rowMaxBytes || rest.contains(0x0A) else { break }
                separator = TableText.separator(of: rest)
            }
            let count = try read(rest, isEnd, &output)
            used += count
            // What is left is a row that is not complete.
            guard rest.count - count > rowMaxBytes else { break }
            giveUp()
        }
        return used
    }

    /// Reads the whole rows of `bytes`, and returns their size.
    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ isEnd: Bool, _ output: inout [UInt8]
    ) throws -> Int {
        var csv = CSVReader(bytes, separator: separator!, fileName: name, firstLine: line)
        var used = 0
        while true {
            do {
                guard try csv.next() else { break }
            } catch let error as SwiftwaterError {
                // More bytes may end the field, or the line that is left out.
                if !isEnd, csv.isCutOff || csv.byteOffset == bytes.count { break }
                faults.add(error)
                (used, line) = (csv.byteOffset, csv.nextLine)
                continue
            }
            guard isEnd || bytes[csv.byteOffset - 1] == 0x0A else { break }
            try add(csv, &output)
            (used, line) = (csv.byteOffset, csv.nextLine)
        }
        return isEnd ? bytes.count : used
    }

    private mutating func add(_ csv: CSVReader, _ output: inout [UInt8]) throws {
        if !hasBegun {
            hasBegun = true
            do { if try rows.begin(csv.fields) { return } } catch let error as SwiftwaterError {
                throw Unreadable(error: located(error, csv.line))
            }
        }
        let start = output.count
        do {
            try rows.append(csv.fields, to: &output)
            output.append(0x0A)
        } catch let error as SwiftwaterError {
            output.removeSubrange(start...)
            faults.add(located(error, csv.line))
        }
    }

    private func located(_ error: SwiftwaterError, _ line: Int) -> SwiftwaterError {
        SwiftwaterError(error.code, error.message, at: .init(file: name, line: line), remedy: error.remedy)
    }

    // MARK: Lines

    /// Leaves out the first line of a row that does not end within the limit.
    private mutating func giveUp() {
        isSkipping = true
        faults.add(
            SwiftwaterError(
                .malformedInput, "a row that does not end within \(rowMaxBytes) bytes",
                at: .init(file: name, line: line),
                remedy: "close its quote with \", or raise the limit of a line's length"))
    }

    /// Skips to the end of a line, and returns how many bytes that takes.
    private mutating func skipLine(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let end = bytes.firstIndex(of: 0x0A) else { return bytes.count }
        isSkipping = false
        line += 1
        return end + 1
    }

    /// The separator of which the first line has most outside quotes; the comma if it has none.
    package static func separator(of bytes: UnsafeRawBufferPointer) -> UInt8 {
        var counts = [Int](repeating: 0, count: 256)
        var isQuoted = false
        for byte in bytes.prefix(while: { $0 != 0x0A }) {
            if byte == 0x22 { isQuoted.toggle() } else if !isQuoted { counts[Int(byte)] += 1 }
        }
        // A name of a column has a comma or a semicolon rather than a tab.
        var best = UInt8(ascii: "\t")
        for byte in ",;|".utf8 where counts[Int(byte)] > counts[Int(best)] { best = byte }
        if counts[Int(best)] == 0 { best = UInt8(ascii: ",") }
        return best
    }
}
