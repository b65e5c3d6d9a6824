import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPlatform

/// Lines of a live service, each with a key: services send lines again to a client that goes on from where it was, and
/// by its key such a line is known. The position says how far the service has come, in the service's own unit: mostly
/// microseconds since 1970.
package struct KeyedLines: Sendable {
    /// The lines, each with its LF.
    package private(set) var bytes: [UInt8] = []
    /// Where each line ends in `bytes`, with its LF, and its key.
    package private(set) var lines: [(end: Int, key: UInt64)] = []
    /// The service's position after the lines.
    package var position: UInt64 = 0

    /// Creates an empty list.
    package init() {}

    /// Whether the list is empty.
    package var isEmpty: Bool { lines.isEmpty }
    /// The number of lines.
    package var count: Int { lines.count }

    /// Adds a line. A line end in it becomes a space: in JSON it can only stand between two tokens.
    package mutating func append(_ line: UnsafeRawBufferPointer, key: UInt64) {
        let start = bytes.count
        bytes.append(contentsOf: line)
        if let base = line.baseAddress,
            memchr(base, 0x0A, line.count) != nil || memchr(base, 0x0D, line.count) != nil
        {
            for index in start..<bytes.count where bytes[index] == 0x0A || bytes[index] == 0x0D { bytes[index] = 0x20 }
        }
        bytes.append(0x0A)
        lines.append((bytes.count, key))
    }

    /// Removes all lines, and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    /// Returns the bytes and the keys of those lines whose keys `known` lacks, each key once, and adds them to `known`.
    package func new(to known: inout LineKeys) -> (bytes: [UInt8], keys: [UInt64]) {
        var keys: [UInt64] = []
        keys.reserveCapacity(lines.count)
        var kept: [UInt8]?
        var start = 0
        for (end, key) in lines {
            defer { start = end }
            if known.insert(key) {
                keys.append(key)
                kept?.append(contentsOf: bytes[start..<end])
            } else if kept == nil {
                kept = Array(bytes[..<start])
            }
        }
        return (kept ?? bytes, keys)
    }
}
