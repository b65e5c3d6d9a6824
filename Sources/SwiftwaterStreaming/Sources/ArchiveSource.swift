import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

extension StreamingContext {
    /// Returns a stream of the lines of existing files, read once from the first to the last, `batchBytes` per batch.
    /// For replaying an archive: with `settings.isStepped`, call `step()` until the source `isAtEnd` and the context
    /// `isCaughtUp`, and once more for an empty batch.
    public func archiveTextStream(_ source: ArchiveSource) -> DStream<Text> {
        source.report(to: engine.logger)
        return replayableStream(
            source, name: "archive of \(source.files.count) file\(source.files.count == 1 ? "" : "s")")
    }
}

/// A source of files that are read once, in the given order; those of a directory in the order of their names. A range
/// is a run of their parts of 32 MiB; a gzip file is one part.
public final class ArchiveSource: ReplayableSource {
    /// A run of parts.
    public struct Range: StreamCodable, Equatable {
        /// The number of the first part.
        public var first: Int
        /// The number after the last part.
        public var end: Int

        /// Writes both numbers.
        public func encode(to writer: inout ByteWriter) {
            first.encode(to: &writer)
            end.encode(to: &writer)
        }
        /// Reads a range that `encode(to:)` wrote.
        public static func decode(from reader: inout ByteReader) throws -> Range {
            Range(first: try Int.decode(from: &reader), end: try Int.decode(from: &reader))
        }
    }

    /// The next part, and a fingerprint of the files.
    public struct Position: StreamCodable, Equatable {
        /// The number of the next part.
        public var next: Int
        /// The hash of the names and sizes of the files.
        public var fingerprint: UInt64

        /// Writes the part and the fingerprint.
        public func encode(to writer: inout ByteWriter) {
            next.encode(to: &writer)
            fingerprint.encode(to: &writer)
        }
        /// Reads a position that `encode(to:)` wrote.
        public static func decode(from reader: inout ByteReader) throws -> Position {
            Position(next: try Int.decode(from: &reader), fingerprint: try UInt64.decode(from: &reader))
        }
    }

    /// The paths of the files, in the order in which they are read.
    public let files: [String]
    private let batchBytes: Int
    private let limits: LineLimits
    private let format: TextFileFormat
    private let parts: [FileSplit]
    private let fingerprint: UInt64
    private let next = Monitor(0)
    /// The parts that were read, so that one that is read again reports nothing.
    private let reported = Monitor<Set<Int>>([])
    private let logger = Monitor<Logger?>(nil)

    /// Creates a source of files.
    ///
    /// - Parameters:
    ///   - paths: files, plain or gzip, and directories.
    ///   - batchBytes: the approximate size of a batch, at least one part.
    ///   - format: the encoding of the files, and what the rows of tables become.
    ///   - limits: the limits of lines.
    /// - Throws: `notFound`, `io`; `invalidArgument` for an empty list of files; `malformedInput` for a table without
    ///   the columns that are needed.
    public init(
        _ paths: [String], batchBytes: Int = 512 << 20, limits: LineLimits = LineLimits(),
        format: TextFileFormat = TextFileFormat()
    ) throws {
        files = try paths.flatMap { path -> [String] in
            let places = URLFileSystem()
            guard try places.isDirectory(path) else { return [path] }
            return try places.entries(path).filter { !$0.isDirectory && !$0.name.hasPrefix(".") }.map(\.name)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
                    (path.hasSuffix("/") ? path : path + "/") + $0
                }
        }
        guard !files.isEmpty else {
            throw SwiftwaterError(
                .invalidArgument, "no files to read", remedy: "give files, or a directory with files")
        }
        var writer = ByteWriter()
        for file in files {
            writer.write(string: file)
            writer.write(integer: try URLFileSystem().stamp(file).byteCount)
        }
        fingerprint = writer.bytes.withUnsafeBytes { StableHasher.hash($0) }
        parts = try files.flatMap { try FileSplit.splits(of: $0, format: format) }
        (self.batchBytes, self.limits, self.format) = (batchBytes, limits, format)
        // A table without the columns is an error now, not one of the first batch.
        for part in parts where part.byteCount != nil && format.tables?.isTable(part.path) == true {
            var reader = try BlockReader(part, limits: limits, format: format)
            try reader.next()?.retire()
        }
    }

    fileprivate func report(to logger: Logger) { self.logger.update { $0 = logger } }

    /// Whether all parts were handed out.
    public var isAtEnd: Bool { next.read { $0 >= parts.count } }
    /// The fraction of the archive that was handed out, from 0 to 1.
    public var progress: Double { Double(next.read { $0 }) / Double(max(parts.count, 1)) }

    /// Starts at a position, or at the first part.
    ///
    /// - Throws: `invalidState` if the files are not those of the position.
    public func start(at position: Position?) throws {
        guard let position else { return }
        guard position.fingerprint == fingerprint else {
            throw SwiftwaterError(
                .invalidState, "the archive's files are not those of the checkpoint: a name or a size differs",
                remedy: "use the same files, or another checkpoint directory")
        }
        next.update { $0 = position.next }
    }

    /// Does nothing: there is nothing to close.
    public func stop() {}

    /// Returns the next parts, about `batchBytes` of them whatever `maxBytes` is; nil after the last.
    public func next(maxBytes: Int) throws -> Range? {
        next.update { next in
            guard next < parts.count else { return nil }
            let first = next
            var bytes = 0
            repeat {
                bytes += parts[next].byteCount.map { _ in parts[next].range.count } ?? 0
                next += 1
            } while next < parts.count && bytes + parts[next].range.count <= batchBytes
            return Range(first: first, end: next)
        }
    }

    /// Moves the position past a range.
    public func skip(_ range: Range) throws { next.update { $0 = max($0, range.end) } }

    /// The next part that will be handed out.
    public var position: Position { Position(next: next.read { $0 }, fingerprint: fingerprint) }

    /// Returns the size of a range in bytes, as it is in the files.
    public func size(of range: Range) -> BatchSize {
        var size = BatchSize()
        size.bytes = parts[range.first..<range.end].reduce(0) { $0 + $1.range.count }
        return size
    }

    /// Returns the parts of a range, each a partition.
    public func partitions(of range: Range) throws -> [BlockPartition] {
        (range.first..<range.end).map { number in
            { [self] push in
                var reader = try BlockReader(parts[number], limits: limits, format: format)
                while let block = try reader.next() {
                    defer { block.retire() }
                    try push(block)
                }
                report(reader.warnings(), ofPart: number)
            }
        }
    }

    private func report(_ warnings: [String], ofPart number: Int) {
        guard reported.update({ $0.insert(number).inserted }) else { return }
        for message in warnings {
            logger.read { $0?.warning("\(parts[number].path): \(message)") }
        }
    }
}
