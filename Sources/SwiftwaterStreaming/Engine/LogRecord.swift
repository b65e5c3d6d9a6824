import SwiftwaterCore
import SwiftwaterStorage

/// The records of the engine's log.
///
///     block (1)   source, number of lines, sender ("" for none), the sender's number of the last line, text
///     batch (2)   batch time; for each source that has something in it: name, description
///     done (3)    batch time
///     keyed (4)   as a block, with the number of keys and the keys before the text
enum LogRecord {
    static let blockType: UInt8 = 1
    static let batchType: UInt8 = 2
    static let doneType: UInt8 = 3
    static let keyedBlockType: UInt8 = 4

    /// Where a block came from.
    struct Origin: Sendable {
        var sender: String?
        /// The number that the sender gave to the last line.
        var position: UInt64 = 0
        /// The keys of the lines, if they have some.
        var keys: [UInt64]?
    }

    static func isBlock(_ type: UInt8) -> Bool { type == blockType || type == keyedBlockType }

    /// Returns what stands before the text of a block, and the type of its record.
    static func block(source: String, lines: Int, from origin: Origin) -> (type: UInt8, head: [UInt8]) {
        var writer = ByteWriter()
        writer.write(string: source)
        writer.write(count: lines)
        writer.write(string: origin.sender ?? "")
        writer.write(integer: origin.position)
        guard let keys = origin.keys else { return (blockType, writer.bytes) }
        writer.write(count: keys.count)
        for key in keys { writer.write(integer: key) }
        return (keyedBlockType, writer.bytes)
    }

    static func batch(_ time: BatchTime, _ sources: [(name: String, description: [UInt8])]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(integer: time.milliseconds)
        writer.write(count: sources.count)
        for source in sources {
            writer.write(string: source.name)
            source.description.withUnsafeBytes { writer.write(countedBytes: $0) }
        }
        return writer.bytes
    }

    static func done(_ time: BatchTime) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(integer: time.milliseconds)
        return writer.bytes
    }
}

/// The numbers of records that a repair of the log gave up.
struct LostRecords: Sendable {
    private let ranges: [Range<UInt64>]

    init(_ ranges: [Range<UInt64>] = []) { self.ranges = ranges }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    func contains(_ number: UInt64) -> Bool { ranges.contains { $0.contains(number) } }
}

/// The contents of the log.
struct LogContents: Sendable {
    /// The blocks of each source, in order.
    var blocks: [String: [LoggedBlock]] = [:]
    /// The batches that were made, in order, with what the sources gave them.
    var batches: [(time: BatchTime, number: UInt64, sources: [String: [UInt8]])] = []
    var done: Set<BatchTime> = []
    /// The numbers of records that a repair gave up.
    var lost = LostRecords()

    init() {}

    init(_ contents: JournalContents, directory: String, files: any FileSystem) throws {
        lost = LostRecords(contents.lost)
        for entry in contents.entries {
            let path = JournalContents.segmentPath(directory, entry.location.segment)
            switch entry.type {
            case LogRecord.blockType, LogRecord.keyedBlockType:
                // Only the head is read; the text stays in the file.
                let head = try files.read(
                    path, at: entry.location.offset, count: min(entry.location.count, LogContents.blockHeadMaxBytes))
                try add(block: entry, head: head)
            case LogRecord.batchType:
                var reader = ByteReader(try files.read(path, at: entry.location.offset, count: entry.location.count))
                let time = BatchTime(milliseconds: try reader.readInteger(Int64.self))
                var sources: [String: [UInt8]] = [:]
                for _ in 0..<(try reader.readCount()) {
                    sources[try reader.readString()] = try reader.readCountedBytes { Array($0) }
                }
                batches.append((time, entry.number, sources))
            case LogRecord.doneType:
                var reader = ByteReader(try files.read(path, at: entry.location.offset, count: entry.location.count))
                done.insert(BatchTime(milliseconds: try reader.readInteger(Int64.self)))
            default:
                throw SwiftwaterError(
                    .corrupted, "the log has a record of unknown type \(entry.type)",
                    at: .init(file: path, byteOffset: entry.location.offset), remedy: "use the version that wrote it")
            }
        }
    }

    /// Renames a source in the records before `rename.before`; later records already have the new name.
    mutating func rename(_ rename: CheckpointManifest.Rename) {
        let old = blocks[rename.old] ?? []
        let moved = old.filter { $0.number < rename.before }
        blocks[rename.old] = old.filter { $0.number >= rename.before }
        blocks[rename.new] = ((blocks[rename.new] ?? []) + moved).sorted { $0.number < $1.number }
        for index in batches.indices where batches[index].number < rename.before {
            if let found = batches[index].sources.removeValue(forKey: rename.old) {
                batches[index].sources[rename.new] = found
            }
        }
    }

    /// The maximum size of the names and counts before the text of a block.
    private static let blockHeadMaxBytes = 4096

    private mutating func add(block entry: Journal.Entry, head: [UInt8]) throws {
        var reader = ByteReader(head)
        let source = try reader.readString()
        let lines = try reader.readCount()
        let sender = try reader.readString()
        let position = try reader.readInteger(UInt64.self)
        let keyCount = entry.type == LogRecord.keyedBlockType ? try reader.readCount() : 0
        func part(_ start: Int, _ count: Int) -> Journal.Location {
            Journal.Location(
                segment: entry.location.segment, offset: entry.location.offset + start, count: count)
        }
        let text = reader.offset + 8 * keyCount
        guard keyCount <= entry.location.count / 8, text <= entry.location.count else {
            throw SwiftwaterError(.corrupted, "record \(entry.number) of the log has \(keyCount) keys in too few bytes")
        }
        blocks[source, default: []].append(
            LoggedBlock(
                number: entry.number, location: part(text, entry.location.count - text), lines: lines,
                sender: sender.isEmpty ? nil : sender, position: position,
                keys: keyCount > 0 ? part(reader.offset, 8 * keyCount) : nil))
    }
}
