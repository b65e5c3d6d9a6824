import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// A file for each batch: `DIRECTORY/OUTPUT-TIME.ndjson`, written beside its place, synchronized and renamed.
public struct FileSink: TableSink {
    public enum Format: String, Sendable, CaseIterable {
        /// The values of a row with tabs between them; line ends and tabs within as `\n`, `\r`, `\t`, and `\\` for `\`.
        case text
        /// One JSON object a row.
        case ndjson
        /// RFC 4180 with a header.
        case csv

        var fileExtension: String { self == .text ? "txt" : rawValue }
    }

    public let directory: String
    public let format: Format
    private let files: any FileSystem

    public init(directory: String, format: Format = .ndjson, files: any FileSystem = LocalFileSystem()) {
        self.directory = directory
        self.format = format
        self.files = files
    }

    /// Where a batch of an output is.
    public func path(output: String, _ time: BatchTime) -> String {
        "\(directory)/\(prefix(output))\(time.milliseconds).\(format.fileExtension)"
    }

    private func prefix(_ output: String) -> String { PathName.escaped(output) + "-" }

    public func open(output: String, columns: [String]) throws {
        try files.createDirectory(directory)
        try files.removeTemporaries(in: directory, prefix: prefix(output))
    }

    public func commit(output: String, _ batch: SinkBatch) throws {
        let path = path(output: output, batch.time)
        if files.exists(path) { return }
        try files.replace(path, with: encode(batch))
    }

    public func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        files.exists(path(output: output, time))
    }

    public func lastCommitted(output: String) throws -> BatchTime? {
        let (prefix, suffix) = (prefix(output), "." + format.fileExtension)
        return try files.list(directory).compactMap { name in
            guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
            return Int64(name.dropFirst(prefix.count).dropLast(suffix.count)).map { BatchTime(milliseconds: $0) }
        }.max()
    }

    /// The bytes of a batch's file.
    public func encode(_ batch: SinkBatch) -> [UInt8] {
        var bytes: [UInt8] = []
        if format == .csv { append(batch.columns.map { CSVReader.quoted($0) }.joined(separator: ","), to: &bytes) }
        for row in batch.rows {
            switch format {
            case .text: append(row.map(FileSink.plain).joined(separator: "\t"), to: &bytes)
            case .csv: append(row.map(FileSink.csv).joined(separator: ","), to: &bytes)
            case .ndjson:
                let line = JSONWriter.object { json in
                    for (column, value) in zip(batch.columns, row) { json.member(column, value) }
                }
                append(line, to: &bytes)
            }
        }
        return bytes
    }

    private func append(_ line: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: line.utf8)
        bytes.append(0x0A)
    }

    private static func plain(_ value: SinkValue) -> String {
        switch value {
        case .null: return ""
        case .integer(let number): return "\(number)"
        case .real(let number): return "\(number)"
        case .text(let text):
            var result = ""
            for scalar in String(text).unicodeScalars {
                switch scalar {
                case "\n": result += "\\n"
                case "\r": result += "\\r"
                case "\t": result += "\\t"
                case "\\": result += "\\\\"
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result
        }
    }

    private static func csv(_ value: SinkValue) -> String {
        if case .text(let text) = value { return CSVReader.quoted(String(text)) }
        return plain(value)
    }
}
