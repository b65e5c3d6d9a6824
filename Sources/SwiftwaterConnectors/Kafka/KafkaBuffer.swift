import SwiftwaterCore
import SwiftwaterFormats

/// The messages between a consumer and the batches: chunks that wait for their batch, and chunks of batches that are
/// not done, as far as there is room for both. Those of batches can be read again.
struct KafkaBuffer {
    /// The size at which a chunk is closed.
    static let chunkBytes = 1 << 20

    private let limitBytes: Int
    private let limits: LineLimits
    private var builders: [KafkaPartition: KafkaChunkBuilder] = [:]
    private var ready: [KafkaChunk] = []
    private var firstReady = 0
    private var readyBytes = 0
    private var held: [Key: KafkaChunk] = [:]
    private var heldOrder: [Key] = []
    private var heldBytes = 0
    /// Faults of partitions whose reading ended.
    private var otherFaults = LineFaults()

    private struct Key: Hashable {
        let partition: KafkaPartition
        let epoch: Int
        let start: Int64

        init(_ piece: KafkaRange.Piece) { (partition, epoch, start) = (piece.partition, piece.epoch, piece.start) }
    }

    init(limitBytes: Int, limits: LineLimits) { (self.limitBytes, self.limits) = (limitBytes, limits) }

    // MARK: Partitions

    /// The next place of each partition that is read.
    var places: [KafkaPartition: KafkaPosition.Place] {
        builders.mapValues { KafkaPosition.Place(epoch: $0.epoch, offset: $0.end) }
    }

    /// The next offset of a partition; nil if it is not read.
    func next(_ partition: KafkaPartition) -> Int64? { builders[partition]?.end }

    /// Reads a partition from a place on.
    ///
    /// - Parameter isNew: whether the place must be remembered before there are messages.
    mutating func begin(_ partition: KafkaPartition, at place: KafkaPosition.Place, isNew: Bool) {
        end(partition)
        builders[partition] = KafkaChunkBuilder(partition, at: place, limits: limits)
        guard isNew else { return }
        let piece = KafkaRange.Piece(
            partition: partition, epoch: place.epoch, start: place.offset, end: place.offset, records: 0, bytes: 0,
            checksum: 0)
        ready.append(KafkaChunk(piece: piece, blocks: [], newest: 0))
    }

    /// Reads no more of a partition.
    mutating func end(_ partition: KafkaPartition) {
        close(partition)
        if let builder = builders.removeValue(forKey: partition) { otherFaults = otherFaults + builder.faults }
    }

    // MARK: Lines

    /// Whether there is room for more.
    var hasRoom: Bool { readyBytes + builders.values.reduce(0) { $0 + $1.bytes } < limitBytes }

    /// The faults of all lines so far.
    var faults: LineFaults { builders.values.reduce(otherFaults) { $0 + $1.faults } }

    /// Takes lines of a partition's messages.
    mutating func append(_ lines: KafkaLines, to partition: KafkaPartition) {
        guard builders[partition] != nil, lines.records > 0 else { return }
        lines.bytes.withUnsafeBytes {
            builders[partition]!.append($0, records: lines.records, last: lines.last, newest: lines.newest)
        }
        if builders[partition]!.bytes >= KafkaBuffer.chunkBytes { close(partition) }
    }

    /// Moves past offsets of a partition that have no messages.
    mutating func move(_ partition: KafkaPartition, to offset: Int64) { builders[partition]?.move(to: offset) }

    private mutating func close(_ partition: KafkaPartition) {
        guard let chunk = builders[partition]?.finish() else { return }
        ready.append(chunk)
        readyBytes += chunk.piece.bytes
    }

    // MARK: Batches

    /// Returns the next chunks, about `maxBytes` at most but at least one, and holds them.
    mutating func take(_ maxBytes: Int) -> [KafkaChunk] {
        if ready.count - firstReady == 0 || readyBytes < maxBytes {
            for partition in builders.keys.sorted() { close(partition) }
        }
        var (taken, bytes) = ([KafkaChunk](), 0)
        while firstReady < ready.count, taken.isEmpty || bytes + ready[firstReady].piece.bytes <= maxBytes {
            let chunk = ready[firstReady]
            firstReady += 1
            bytes += chunk.piece.bytes
            taken.append(chunk)
        }
        readyBytes -= bytes
        if firstReady > 1000 || firstReady == ready.count {
            ready.removeFirst(firstReady)
            firstReady = 0
        }
        for chunk in taken where chunk.piece.records > 0 { hold(chunk) }
        return taken
    }

    private mutating func hold(_ chunk: KafkaChunk) {
        let key = Key(chunk.piece)
        held[key] = chunk
        heldOrder.append(key)
        heldBytes += chunk.piece.bytes
        // The oldest are of batches that are done, or can be read again.
        var passed = 0
        while heldBytes > limitBytes, passed < heldOrder.count - 1 {
            drop(heldOrder[passed])
            passed += 1
        }
        if passed > 0 { heldOrder.removeFirst(passed) }
    }

    private mutating func drop(_ key: Key) {
        if let chunk = held.removeValue(forKey: key) { heldBytes -= chunk.piece.bytes }
    }

    /// Returns the chunk of a piece, if it is still here.
    func chunk(of piece: KafkaRange.Piece) -> KafkaChunk? { held[Key(piece)] }

    /// Forgets the chunks of a batch that is done.
    mutating func release(_ range: KafkaRange) {
        for piece in range.pieces { drop(Key(piece)) }
        heldOrder.removeAll { held[$0] == nil }
    }
}
