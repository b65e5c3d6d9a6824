import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

extension StreamingContext {
    /// A stream of the lines of files that are there already, read once from the first to the last, so many bytes a batch. For replaying an
    /// archive: with `settings.isStepped`, `step()` until the source
    /// `isAtEnd` and the context `isCaughtUp`, and once more, with a batch that is empty.
    public func archiveTextStream(_ source: ArchiveSource) -> DStream<Text> {
        replayableStream(source, name: "archive of \(source.files.count) file\(source.files.count == 1 ? "" : "s")")
    }
}

/// Files that are read once, in the order in which they are named; a directory's in the order of their names. A range is a run of their
/// parts of 32 MiB; a gzip file is one part.
public final class ArchiveSource: ReplayableSource {
    public struct Range: StreamCodable, Equatable {
        public var first: Int
        public var end: Int

        public func encode(to writer: inout ByteWriter) {
            first.encode(to: &writer)
            end.encode(to: &writer)
        }
        public static func decode(from reader: inout ByteReader) throws -> Range {
            Range(first: try Int.decode(from: &reader), end: try Int.decode(from: &reader))
        }
    }

    public struct Position: StreamCodable, Equatable {
        public var next: Int
        /// Names and sizes of the files.
        public var fingerprint: UInt64

        public func encode(to writer: inout ByteWriter) {
            next.encode(to: &writer)
            fingerprint.encode(to: &writer)
        }
        public static func decode(from reader: inout ByteReader) throws -> Position {
            Position(next: try Int.decode(from: &reader), fingerprint: try UInt64.decode(from: &reader))
        }
    }

    public let files: [String]
    private let batchBytes: Int
    private let limits: LineLimits
    private let parts: [FileSplit]
    private let fingerprint: UInt64
    private let next = Monitor(0)

    /// - Parameters:
    ///   - paths: files, plain or gzip, and directories.
    ///   - batchBytes: about how much a batch holds, at least one part.
    /// - Throws: `notFound`, `io`; `invalidArgument` where there are no files.
    public init(_ paths: [String], batchBytes: Int = 512 << 20, limits: LineLimits = LineLimits()) throws {
        files = try paths.flatMap { path -> [String] in
            guard Directory.isDirectory(path) else { return [path] }
            return try Directory.entries(path).filter { !$0.isDirectory && !$0.name.hasPrefix(".") }.map(\.name)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { path + "/" + $0 }
        }
        guard !files.isEmpty else {
            throw SwiftwaterError(
                .invalidArgument, "there are no files to read", remedy: "name some, or a directory with some")
        }
        var writer = ByteWriter()
        for file in files {
            writer.write(string: file)
            writer.write(integer: try FileStamp(of: file).byteCount)
        }
        fingerprint = writer.bytes.withUnsafeBytes { StableHasher.hash($0) }
        parts = try files.flatMap { try FileSplit.splits(of: $0) }
        (self.batchBytes, self.limits) = (batchBytes, limits)
    }

    /// Whether all parts were handed out.
    public var isAtEnd: Bool { next.read { $0 >= parts.count } }
    /// How much of the archive was handed out, from 0 to 1.
    public var progress: Double { Double(next.read { $0 }) / Double(max(parts.count, 1)) }

    public func start(at position: Position?) throws {
        guard let position else { return }
        guard position.fingerprint == fingerprint else {
            throw SwiftwaterError(
                .invalidState, "the archive's files are not those of the checkpoint: a name or a size differs",
                remedy: "use the same files, or another checkpoint directory")
        }
        next.update { $0 = position.next }
    }

    public func stop() {}

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

    public func skip(_ range: Range) throws { next.update { $0 = max($0, range.end) } }

    public var position: Position { Position(next: next.read { $0 }, fingerprint: fingerprint) }

    public func size(of range: Range) -> BatchSize {
        var size = BatchSize()
        size.bytes = parts[range.first..<range.end].reduce(0) { $0 + $1.range.count }
        return size
    }

    public func partitions(of range: Range) throws -> [BlockPartition] {
        let limits = limits
        return parts[range.first..<range.end].map { part in
            { push in
                var reader = try BlockReader(part, limits: limits)
                while let block = try reader.next() {
                    defer { block.retire() }
                    try push(block)
                }
            }
        }
    }
}
