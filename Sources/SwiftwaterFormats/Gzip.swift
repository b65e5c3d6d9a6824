import CZlib
import SwiftwaterCore

/// Gzip data in memory.
package enum Gzip {
    /// Returns the decompressed bytes, or nil if there are more than `limit`.
    ///
    /// - Throws: `corrupted` if the data is damaged or truncated.
    package static func decompressed(_ bytes: UnsafeRawBufferPointer, upTo limit: Int) throws -> [UInt8]? {
        let inflater = try Inflater(name: nil)
        var (position, result) = (0, [UInt8]())
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try buffer.withUnsafeMutableBytes { output in
                try inflater.read(into: output) { input in
                    let count = min(input.count, bytes.count - position)
                    input.copyBytes(from: bytes[position..<position + count])
                    position += count
                    return count
                }
            }
            if count == 0 { return result }
            guard result.count + count <= limit else { return nil }
            result.append(contentsOf: buffer[..<count])
        }
    }
}

/// Decompresses gzip with zlib.
final class Inflater {
    private var stream = z_stream()
    private var input = [UInt8](repeating: 0, count: 256 << 10)
    private var available = 0
    private var position = 0
    private var isBetweenMembers = false
    private let name: String?

    /// - Parameter name: the file to name in errors.
    init(name: String?) throws {
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
                        .corrupted, "the gzip data is truncated", at: name.map { .init(file: $0) },
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
                throw SwiftwaterError(
                    .corrupted, "the gzip data is damaged: \(reason)", at: name.map { .init(file: $0) })
            }
        }
        return wanted - Int(stream.avail_out)
    }
}
