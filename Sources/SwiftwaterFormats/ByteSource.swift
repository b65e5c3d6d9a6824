import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterPlatform

/// A stream of bytes to read once: a file or standard input (`-`), either of them optionally gzip-compressed.
///
/// Gzip is recognized by its first two bytes, whatever the file's name. Concatenated gzip members are read as one, as
/// `gzip` does.
package final class ByteSource {
    /// The path, or `standard input`, for messages.
    package let name: String
    private let descriptor: Int32
    private var lookahead: [UInt8] = []
    private var inflater: Inflater?

    /// Opens a file, or standard input if the path is `-`.
    package init(path: String) throws {
        if path == "-" {
            name = "standard input"
            descriptor = 0
        } else {
            name = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        }
        while lookahead.count < 2 {
            let before = lookahead.count
            try lookahead.append(
                contentsOf: [UInt8](unsafeUninitializedCapacity: 2 - before) { buffer, count in
                    count = try rawRead(UnsafeMutableRawBufferPointer(buffer))
                })
            if lookahead.count == before { break }
        }
        if lookahead == [0x1F, 0x8B] { inflater = try Inflater(name: name) }
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// Reads at most `buffer.count` bytes, and returns how many it read; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if let inflater { return try inflater.read(into: buffer) { try self.plainRead($0) } }
        return try plainRead(buffer)
    }

    /// Returns all remaining bytes.
    package func readAll() throws -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try read(into: $0) }
            if count == 0 { return result }
            result.append(contentsOf: buffer[..<count])
        }
    }

    private func plainRead(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if !lookahead.isEmpty {
            let count = min(buffer.count, lookahead.count)
            buffer.copyBytes(from: lookahead[..<count])
            lookahead.removeFirst(count)
            return count
        }
        return try rawRead(buffer)
    }

    private func rawRead(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = SwiftwaterPlatform.read(descriptor, buffer.baseAddress!, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw FileError.make("cannot read", name, errno) }
        }
    }
}
