import SwiftwaterCore

/// What a checkpoint keeps of a receiver.
struct ReceiverPosition {
    /// The senders and the numbers of their last lines.
    let senders: [(name: String, position: UInt64)]
    /// The keys of the recent lines of senders that have some.
    let keys: [String: [LineKeys.Group]]

    init(senders: [(name: String, position: UInt64)], keys: [String: [LineKeys.Group]]) {
        (self.senders, self.keys) = (senders, keys)
    }

    /// The position, in order of the senders' names. Without keys it is what earlier versions wrote.
    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(count: senders.count)
        for (sender, position) in senders {
            writer.write(string: sender)
            writer.write(integer: position)
        }
        guard !keys.isEmpty else { return writer.bytes }
        writer.write(count: keys.count)
        for (sender, groups) in keys.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.write(string: sender)
            writer.write(count: groups.count)
            for group in groups {
                writer.write(integer: group.position)
                writer.write(count: group.keys.count)
                for key in group.keys { writer.write(integer: key) }
            }
        }
        return writer.bytes
    }

    /// Reads a position.
    ///
    /// - Throws: `corrupted` if it is cut off.
    init(reading bytes: [UInt8]) throws {
        var reader = ByteReader(bytes)
        var senders: [(name: String, position: UInt64)] = []
        for _ in 0..<(try reader.readCount()) {
            senders.append((try reader.readString(), try reader.readInteger(UInt64.self)))
        }
        var keys: [String: [LineKeys.Group]] = [:]
        for _ in 0..<(reader.remaining > 0 ? try reader.readCount() : 0) {
            let sender = try reader.readString()
            keys[sender] = try (0..<(try reader.readCount())).map { _ in
                let position = try reader.readInteger(UInt64.self)
                return LineKeys.Group(
                    position: position,
                    keys: try (0..<(try reader.readCount())).map { _ in try reader.readInteger(UInt64.self) })
            }
        }
        (self.senders, self.keys) = (senders, keys)
    }
}
