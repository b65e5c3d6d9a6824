import SwiftwaterCore
import SwiftwaterStorage

/// Access to the bytes of a whole file: mapped if it is plain and on the disk, read if it is compressed, a
/// pipe, or in a store.
package enum FileBytes {
    /// Calls `body` with the bytes, which are valid during the call only.
    ///
    /// - Parameters:
    ///   - path: a plain or gzip file, its address in a store, or `-` for standard input.
    ///   - encoding: the encoding of the file; `body` is given UTF-8.
    /// - Throws: `notFound` or `io`, or the error that `body` throws.
    package static func with<Result>(
        path: String, encoding: TextEncoding = .utf8, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try raw(path) { bytes in
            if let text = encoding.decoded(bytes) { return try text.withUnsafeBytes(body) }
            return try body(bytes)
        }
    }

    private static func raw<Result>(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        if path != "-" {
            return try URLFileSystem().map(path).withBytes { bytes in
                guard bytes.starts(with: [0x1F, 0x8B]) else { return try body(bytes) }
                return try ByteSource(name: path, bytes: bytes).readAll().withUnsafeBytes(body)
            }
        }
        return try ByteSource(path: path).readAll().withUnsafeBytes(body)
    }
}
