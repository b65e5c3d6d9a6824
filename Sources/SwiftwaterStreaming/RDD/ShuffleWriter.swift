import SwiftwaterCore

/// The input of a shuffle from one parent: how to push the elements of a partition into the table of their keys.
@usableFromInline
struct ShuffleFeed<Key: StreamKey, Combined: Sendable>: Sendable {
    @usableFromInline let partitionCount: Int
    @usableFromInline let push: @Sendable (_ partition: Int, _ writer: ShuffleWriter<Key, Combined>) throws -> Void

    @inlinable
    init(partitionCount: Int, push: @escaping @Sendable (Int, ShuffleWriter<Key, Combined>) throws -> Void) {
        self.partitionCount = partitionCount
        self.push = push
    }
}

/// The map side of one task: a table by key, and the runs it had to spill.
@usableFromInline
final class ShuffleWriter<Key: StreamKey, Combined: Sendable>: @unchecked Sendable {
    @usableFromInline
    struct Fields {
        @usableFromInline var table = KeyTable<Key, Combined>()
        @usableFromInline var untilCheck = 1024
        @inlinable init() {}
    }
    /// Behind a pointer, as in `KeyTable`.
    @usableFromInline let fields: UnsafeMutablePointer<Fields>
    @usableFromInline let keyDetacher = Detacher<Key>()
    @inlinable var table: KeyTable<Key, Combined> { fields.pointee.table }
    var runs: [SpillRun] = []
    @usableFromInline var hasSpilled: Bool { !runs.isEmpty }
    private let spill: SpillSettings
    private let name: String
    private var codec: ElementCodec<(Key, Combined)>?

    @usableFromInline
    init(spill: SpillSettings, name: String) {
        self.spill = spill
        self.name = name
        fields = .allocate(capacity: 1)
        fields.initialize(to: Fields())
    }

    deinit {
        fields.deinitialize(count: 1)
        fields.deallocate()
    }

    /// Combines one element into the entry of its key.
    @inlinable
    func add(_ key: Key, create: () throws -> Combined, merge: (inout Combined) throws -> Void) throws {
        let hash = key.stableHash
        let table = table
        let entry = table.find(key, hash)
        if entry >= 0 {
            try merge(&table.values[entry])
        } else {
            table.insert(keyDetacher.detached(key), hash, try create())
        }
        fields.pointee.untilCheck -= 1
        if fields.pointee.untilCheck == 0 { try check() }
    }

    /// Estimates how much memory the table takes, and spills it if that is too much.
    @usableFromInline
    func check() throws {
        fields.pointee.untilCheck = 1024
        let perEntry = MemoryLayout<Key>.stride + MemoryLayout<Combined>.stride + 40
        // The sizes of what entries refer to are known only by encoding: about 64 entries are sampled.
        var sampled = 0
        var bytes = 0
        if table.count * perEntry * 16 > spill.taskMemoryMaxBytes {
            if codec == nil { codec = ElementCodec() }
            var writer = ByteWriter()
            var entry = 0
            while entry < table.count, let codec {
                codec.encode((table.keys[entry], table.values[entry]), into: &writer)
                (sampled, bytes) = (sampled + 1, writer.bytes.count)
                entry += max(1, table.count / 64)
            }
        }
        let size = table.count * (perEntry + (sampled > 0 ? bytes / sampled : 0))
        guard size > spill.taskMemoryMaxBytes else { return }
        guard let codec else {
            throw SwiftwaterError(
                .limitExceeded,
                "a task's table of \(table.count) keys exceeds its share of shuffleMemoryMaxBytes, "
                    + "and \(ElementCodec<(Key, Combined)>.typeName) cannot be spilled",
                at: .init(streamOperator: name),
                remedy: "make its types conform to StreamCodable, or raise the limit")
        }
        try flush(codec)
    }

    private func flush(_ codec: ElementCodec<(Key, Combined)>) throws {
        let file = try SpillRun.Writer(directory: spill.directory)
        try table.forEachEntry { entry in
            try file.append { codec.encode((table.keys[entry], table.values[entry]), into: &$0) }
        }
        runs.append(try file.finish())
        spill.spilled(runs.last!.byteCount)
        fields.pointee.table = KeyTable()
    }
}
