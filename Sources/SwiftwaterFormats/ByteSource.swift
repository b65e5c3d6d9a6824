import CZlib
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

/// Decompresses gzip with zlib.
private final class Inflater {
    private var stream = z_stream()
    private var input = [UInt8](repeating: 0, count: 256 << 10)
    private var available = 0
    private var position = 0
    private var isBetweenMembers = false
    private let name: String

    init(name: String) throws {
        self.name = name
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw SwiftwaterError(.io, "cannot initialize zlib")
        }
    }

    deinit { inflateEnd(&stream) }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, from source: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> Int {
        guard buffer.count > 0 else { return 0 }
        stream.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(min(buffer.count, Int(UInt32.max)))
        let wanted = Int(stream.avail_out)
        while Int(stream.avail_out) == wanted {
            if position == available {
                available = try input.withUnsafeMutableBytes { try source($0) }
                position = 0
                if available == 0 {
                    if isBetweenMembers { return 0 }
                    throw SwiftwaterError(
                        .corrupted, "the gzip data is truncated", at: .init(file: name),
                        remedy: "fetch the file again")
                }
            }
            let code = input.withUnsafeMutableBufferPointer { bytes -> Int32 in
                if isBetweenMembers {
                    inflateReset(&stream)
                    isBetweenMembers = false
                }
                stream.next_in = bytes.baseAddress! + position
                stream.avail_in = UInt32(available - position)
                let code = inflate(&stream, Z_NO_FLUSH)
                position = available - Int(stream.avail_in)
                return code
            }
            if code == Z_STREAM_END {
                isBetweenMembers = true
            } else if code != Z_OK && code != Z_BUF_ERROR {
                let reason = stream.msg.map { String(cString: $0) } ?? "error \(code)"
                throw SwiftwaterError(.corrupted, "the gzip data is damaged: \(reason)", at: .init(file: name))
            }
        }
        return wanted - Int(stream.avail_out)
    }
}
