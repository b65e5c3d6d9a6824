import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// A sink that writes a file for each batch, on a disk or in a store: `DIRECTORY/OUTPUT-TIME.ndjson`.
///
/// Each file is written under a temporary name, synchronized, and renamed.
public struct FileSink: TableSink {
    /// The format of the files.
    public enum Format: String, Sendable, CaseIterable {
        /// Values separated by tabs, with line ends, tabs and backslashes in them as `\n`, `\r`, `\t` and `\\`.
        case text
        /// One JSON object per row.
        case ndjson
        /// CSV (RFC 4180) with a header.
        case csv

        var fileExtension: String { self == .text ? "txt" : rawValue }
    }

    /// The directory of the files.
    public let directory: String
    /// The format of the files.
    public let format: Format
    private let files: any FileSystem

    /// Creates a sink. The directory is created when an output opens. A store that fails is waited for, which `log` is
    /// told.
    public init(
        directory: String, format: Format = .ndjson, files: any FileSystem = URLFileSystem(),
        log: Logger = Logger(label: "swiftwater")
    ) {
        self.directory = directory
        self.format = format
        // A store that cannot be opened is an error when the output opens.
        self.files = (try? PatientFiles.files(files, for: directory, log: log)) ?? files
    }

    /// Returns the path of the file of an output's batch.
    public func path(output: String, _ time: BatchTime) -> String {
        "\(directory)/\(prefix(output))\(time.milliseconds).\(format.fileExtension)"
    }

    private func prefix(_ output: String) -> String { PathName.escaped(output) + "-" }

    /// Creates the directory and removes temporary files of the output.
    public func open(output: String, columns: [String]) throws {
        try files.createDirectory(directory)
        try files.removeTemporaries(in: directory, prefix: prefix(output))
    }

    /// Writes the file of a batch. Does nothing if it exists.
    public func commit(output: String, _ batch: SinkBatch) throws {
        let path = path(output: output, batch.time)
        if try files.exists(path) { return }
        try files.replace(path, with: encode(batch))
    }

    /// Returns whether the file of a batch exists.
    public func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        try files.exists(path(output: output, time))
    }

    /// Returns the time of the newest file of an output, or nil if there is none.
    public func lastCommitted(output: String) throws -> BatchTime? {
        let (prefix, suffix) = (prefix(output), "." + format.fileExtension)
        return try files.list(directory).compactMap { name in
            guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
            return Int64(name.dropFirst(prefix.count).dropLast(suffix.count)).map { BatchTime(milliseconds: $0) }
        }.max()
    }

    /// Returns the bytes of a batch's file.
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
