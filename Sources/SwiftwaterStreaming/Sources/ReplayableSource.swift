import SwiftwaterCore

/// A source that can be read again: files, a partitioned log, a database's change feed. The engine stores which range
/// each batch read. After a restart it reads the range again instead of keeping the text.
///
/// Such a source must guarantee the following, which `SwiftwaterTesting` checks:
/// 1. The text of a range is the same each time it is read, in this process or another, for as long as a batch, a
///    window, or a checkpoint needs it. If it is gone or changed, reading throws.
/// 2. Consecutive ranges leave nothing out and hold nothing twice.
/// 3. `next` does not wait: if there is nothing new, it returns nil.
/// 4. After `start(at:)` with a position of an earlier run, and `skip` with the ranges that were handed out since,
///    `next` continues after them.
/// 5. Partitions may be read in parallel, more than once, and in any order.
public protocol ReplayableSource: Sendable {
    /// What one batch reads.
    associatedtype Range: StreamCodable
    /// The point up to which ranges were handed out.
    associatedtype Position: StreamCodable

    /// Opens the source at a position, or, if there is none, where its settings say.
    func start(at position: Position?) throws
    /// Stops the source.
    func stop()
    /// Returns the range after the position, about `maxBytes` at most but at least one piece, and moves the position
    /// past it.
    func next(maxBytes: Int) throws -> Range?
    /// Moves the position past a range that was handed out before a restart. Does nothing if it is already past it: a
    /// stored position may be newer than the first ranges that are skipped.
    func skip(_ range: Range) throws
    /// The position after the last range.
    var position: Position { get }
    /// Returns the size of a range, as far as it is known without reading it.
    func size(of range: Range) -> BatchSize
    /// Nothing reads a range anymore, so that what is kept of it can go.
    func release(_ range: Range)
    /// How the source is doing; nil if it does not know.
    var status: SourceStatus? { get }
    /// Returns the partitions of a range. Each pushes its blocks of whole lines; a block is invalid after the call that
    /// receives it.
    func partitions(of range: Range) throws -> [BlockPartition]
}

extension ReplayableSource {
    /// Keeps nothing.
    public func release(_ range: Range) {}
    /// Does not know.
    public var status: SourceStatus? { nil }
}

/// A partition of a range: pushes its text block by block.
public typealias BlockPartition = @Sendable (_ push: (TextBlock) throws -> Void) throws -> Void

/// A replayable source, as the input of a stream.
final class ReplayableInput<Source: ReplayableSource>: StreamInput {
    private struct State {
        var ranges: [BatchTime: Source.Range] = [:]
        /// The lines that were read of each partition of a batch that is not released.
        var lines: [BatchTime: [Int: Int]] = [:]
        var restored: Source.Position?
        var skipped: [Source.Range] = []
        var isStarted = false
    }

    private let source: Source
    private let state = Monitor(State())

    init(_ source: Source) { self.source = source }

    func start() throws {
        let (position, skipped) = state.update { state in
            state.isStarted = true
            return (state.restored, state.skipped)
        }
        try source.start(at: position)
        for range in skipped { try source.skip(range) }
    }

    /// The position of one directory is not that of another. An archive knows its files itself.
    func identity(_ kind: String) -> String { source is ArchiveSource ? "archive" : kind }
    func stop() { source.stop() }
    var hasPending: Bool { false }

    func take(_ time: BatchTime, maxBytes: Int) throws -> [UInt8] {
        guard let range = try source.next(maxBytes: maxBytes) else { return [] }
        state.update { $0.ranges[time] = range }
        var writer = ByteWriter()
        range.encode(to: &writer)
        return writer.bytes
    }

    func retake(_ time: BatchTime, _ description: [UInt8], isPast: Bool) throws {
        guard !description.isEmpty else { return }
        var reader = ByteReader(description)
        let range = try Source.Range.decode(from: &reader)
        state.update { state in
            state.ranges[time] = range
            if !isPast { state.skipped.append(range) }
        }
    }

    func range(of time: BatchTime) -> Source.Range? { state.read { $0.ranges[time] } }

    /// A source that does not know its lines has those that were read until now.
    func size(of time: BatchTime) -> BatchSize {
        guard let range = range(of: time) else { return BatchSize() }
        var size = source.size(of: range)
        if size.records == 0 { size.records = state.read { $0.lines[time, default: [:]].values.reduce(0, +) } }
        return size
    }

    /// Notes the lines of a partition, which may be read more than once.
    func note(_ lines: Int, ofPartition partition: Int, at time: BatchTime) {
        state.update { state in
            if state.ranges[time] != nil { state.lines[time, default: [:]][partition] = lines }
        }
    }

    func release(_ time: BatchTime) {
        let range = state.update { state in
            state.lines[time] = nil
            return state.ranges.removeValue(forKey: time)
        }
        if let range { source.release(range) }
    }

    var status: SourceStatus? { source.status }

    var position: [UInt8] {
        var writer = ByteWriter()
        source.position.encode(to: &writer)
        return writer.bytes
    }

    func restore(_ position: [UInt8]) throws {
        guard !position.isEmpty else { return }
        var reader = ByteReader(position)
        let restored = try Source.Position.decode(from: &reader)
        state.update { $0.restored = restored }
    }

    func text(of time: BatchTime) throws -> [UInt8]? {
        var text: [UInt8] = []
        guard let range = range(of: time) else { return text }
        let partitions: [BlockPartition] = try source.partitions(of: range)
        for partition in partitions {
            try partition { (block: TextBlock) in block.withBytes { bytes in text.append(contentsOf: bytes) } }
        }
        return text
    }
}

extension StreamingContext {
    /// Returns a stream of the lines of a source that can be read again.
    public func replayableStream<Source: ReplayableSource>(_ source: Source, name: String) -> DStream<Text> {
        let input = ReplayableInput(source)
        let context = engine
        let node = StreamNode<Text>(kind: name, slide: batchInterval, parents: [], graph: graph) { time in
            guard let range = input.range(of: time) else { return context.parallelize([Text]()) }
            let partitions = try source.partitions(of: range)
            return RDD(blocksOf: context, name: name, partitionCount: partitions.count) { partition, sink in
                var lines = 0
                let read = partitions[partition]
                try read { block in
                    lines += block.lineCount
                    try sink(block)
                }
                input.note(lines, ofPartition: partition, at: time)
            }
        }
        graph.add(input, for: node)
        return DStream(context: self, node: node)
    }
}
