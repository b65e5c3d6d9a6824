import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterPlatform

/// A stream of bytes to read once: a file on the disk or in a store, or standard input (`-`), any of them optionally
/// gzip-compressed.
///
/// Gzip is recognized by its first two bytes, whatever the file's name. Concatenated gzip members are read as one, as
/// `gzip` does.
package final class ByteSource {
    /// The path, or `standard input`, for messages.
    package let name: String
    private let rawRead: (UnsafeMutableRawBufferPointer) throws -> Int
    private var lookahead: [UInt8] = []
    private var inflater: Inflater?

    /// Opens a file, or standard input if the path is `-`.
    package convenience init(path: String) throws {
        if URLFileSystem.isRemote(path) {
            let file = try URLFileSystem().open(path)
            var offset = 0
            try self.init(name: path) { buffer in
                let count = try file.read(into: buffer, at: offset)
                offset += count
                return count
            }
        } else {
            let input = try Descriptor(path)
            try self.init(name: input.name) { try input.read(into: $0) }
        }
    }

    /// Creates a stream of bytes in memory.
    package convenience init(name: String, bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        try self.init(name: name) { buffer in
            let count = min(buffer.count, rest.count)
            buffer.copyBytes(from: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        }
    }

    private init(name: String, _ rawRead: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) throws {
        (self.name, self.rawRead) = (name, rawRead)
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
}

/// A local file, a pipe, or standard input.
private final class Descriptor {
    let name: String
    private let descriptor: Int32

    init(_ path: String) throws {
        if path == "-" {
            (name, descriptor) = ("standard input", 0)
        } else {
            let path = path.hasPrefix("file://") ? String(path.dropFirst(7)) : path
            (name, descriptor) = (path, open(path, O_RDONLY | O_CLOEXEC))
            guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        }
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = SwiftwaterPlatform.read(descriptor, buffer.baseAddress!, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw FileError.make("cannot read", name, errno) }
        }
    }
}
