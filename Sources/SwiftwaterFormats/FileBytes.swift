import SwiftwaterCore
import SwiftwaterStorage

/// Access to the bytes of a whole file: mapped if it is plain, read if it is compressed or a pipe.
package enum FileBytes {
    /// Calls `body` with the bytes, which are valid during the call only.
    ///
    /// - Parameters:
    ///   - path: a plain or gzip file, or `-` for standard input.
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
            let file = try MappedFile(path: path)
            let isGzip = file.withBytes { $0.count >= 2 && $0[0] == 0x1F && $0[1] == 0x8B }
            if !isGzip { return try file.withBytes(body) }
        }
        return try ByteSource(path: path).readAll().withUnsafeBytes(body)
    }
}
