import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

extension StreamingContext {
    /// Returns a stream of the lines of files that appear in a directory. Each batch holds the files that are new since
    /// the last, in order of their names. Large files are divided into partitions of 32 MiB.
    ///
    /// Move files into the directory when they are complete (`rename`), and leave them unchanged while a window or the
    /// log holds them. A file belongs to one batch and is read when the jobs of that batch run, once for each output
    /// and window. If its size has changed by then, the batch fails. Names that begin with `.` or `_` or end in `.tmp`
    /// are skipped, so a writer can use them meanwhile.
    ///
    /// - Parameters:
    ///   - newFilesOnly: whether to skip the files that exist when the context starts for the first time.
    ///   - format: the encoding of the files, and what the rows of tables become.
    ///   - directory: the path of the directory, also in a store.
    public func textFileStream(
        directory: String, newFilesOnly: Bool = true, format: TextFileFormat = TextFileFormat()
    ) -> DStream<Text> {
        replayableStream(
            DirectorySource(
                directory: directory, newFilesOnly: newFilesOnly, limits: settings.lineLimits, format: format,
                log: engine.logger),
            name: "directory \(directory)")
    }
}

/// A source of files that appear in a directory. A range is a list of files with their sizes; the position is the names
/// seen.
public final class DirectorySource: ReplayableSource {
    /// A list of files with their sizes.
    public struct Range: StreamCodable, Equatable {
        /// The names and sizes of the files.
        public var files: [(name: String, byteCount: Int)]

        /// Writes the names and sizes.
        public func encode(to writer: inout ByteWriter) {
            writer.write(count: files.count)
            for file in files {
                writer.write(string: file.name)
                writer.write(count: file.byteCount)
            }
        }
        /// Reads a range that `encode(to:)` wrote.
        public static func decode(from reader: inout ByteReader) throws -> Range {
            var files: [(String, Int)] = []
            for _ in 0..<(try reader.readCount()) { files.append((try reader.readString(), try reader.readCount())) }
            return Range(files: files)
        }
        /// Returns whether two ranges have the same files, with the same sizes.
        public static func == (left: Range, right: Range) -> Bool { left.files.elementsEqual(right.files, by: ==) }
    }

    private let directory: String
    private let newFilesOnly: Bool
    private let files = URLFileSystem()
    private let limits: LineLimits
    private let format: TextFileFormat
    private let log: Logger
    private let seen = Monitor<Set<String>>([])

    /// Creates a source of the files of a directory. Faults in their lines are reported to `log`.
    public init(
        directory: String, newFilesOnly: Bool = true, limits: LineLimits = LineLimits(),
        format: TextFileFormat = TextFileFormat(), log: Logger = Logger(label: "swiftwater")
    ) {
        self.directory = directory
        self.newFilesOnly = newFilesOnly
        self.limits = limits
        self.format = format
        self.log = log
    }

    /// Starts with the names seen so far, or, without a position, as `newFilesOnly` says.
    ///
    /// - Throws: `notFound` if the directory does not exist.
    public func start(at position: [String]?) throws {
        // In a store a directory is there as soon as something is in it.
        guard try URLFileSystem.isRemote(directory) || files.isDirectory(directory) else {
            throw SwiftwaterError(
                .notFound, "\(directory) is not a directory",
                remedy: "create it, or give the directory where files appear")
        }
        if let position {
            seen.update { $0 = Set(position) }
        } else if newFilesOnly {
            let names = try entries().map(\.name)
            seen.update { $0 = Set(names) }
        }
    }

    /// Does nothing: there is nothing to close.
    public func stop() {}

    private func entries() throws -> [FileEntry] {
        try files.entries(directory).filter {
            !$0.isDirectory && !$0.name.hasPrefix(".") && !$0.name.hasPrefix("_") && !$0.name.hasSuffix(".tmp")
        }
    }

    /// Returns the files that were not there before. Names that are gone are forgotten, so memory follows the
    /// directory.
    public func next(maxBytes: Int) throws -> Range? {
        let entries = try entries()
        return seen.update { seen in
            seen.formIntersection(entries.map(\.name))
            var range = Range(files: [])
            var bytes = 0
            for entry in entries where !seen.contains(entry.name) {
                if !range.files.isEmpty && bytes + entry.byteCount > maxBytes { break }
                bytes += entry.byteCount
                range.files.append((entry.name, entry.byteCount))
            }
            for file in range.files { seen.insert(file.name) }
            return range.files.isEmpty ? nil : range
        }
    }

    /// Marks the files of a range as seen.
    public func skip(_ range: Range) throws { seen.update { for file in range.files { $0.insert(file.name) } } }

    /// The names seen, in order of their bytes.
    public var position: [String] {
        seen.read { $0.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
    }

    /// Returns the size of the files in bytes.
    public func size(of range: Range) -> BatchSize {
        var size = BatchSize()
        size.bytes = range.files.reduce(0) { $0 + $1.byteCount }
        return size
    }

    /// Returns the parts of the files, of 32 MiB.
    public func partitions(of range: Range) throws -> [BlockPartition] {
        let (directory, limits, format, log) = (directory, limits, format, log)
        var parts: [BlockPartition] = []
        for file in range.files {
            let path = directory + "/" + file.name
            for split in try FileSplit.splits(of: path, byteCount: file.byteCount, format: format) {
                parts.append { push in
                    var reader = try BlockReader(split, limits: limits, format: format)
                    do {
                        while let block = try reader.next() {
                            defer { block.retire() }
                            try push(block)
                        }
                    } catch let error where reader.isUnreadableTable {
                        // One strange file among many does not end the stream.
                        return log.warning("\(path): the file was left out: \(error)")
                    }
                    for message in reader.warnings() { log.warning("\(path): \(message)") }
                }
            }
        }
        return parts
    }
}
