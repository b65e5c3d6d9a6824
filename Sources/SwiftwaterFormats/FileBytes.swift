import SwiftwaterCore
import SwiftwaterStorage

/// The bytes of a whole file: mapped where it is plain, read where it is compressed or a pipe.
public enum FileBytes {
    /// - Parameter path: a file, plain or gzip, or `-` for standard input.
    /// - Throws: `notFound` or `io`; what `body` throws.
    public static func with<Result>(
        path: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        if path != "-" {
            let file = try MappedFile(path: path)
            let isGzip = file.withBytes { $0.count >= 2 && $0[0] == 0x1F && $0[1] == 0x8B }
            if !isGzip { return try file.withBytes(body) }
        }
        return try ByteSource(path: path).readAll().withUnsafeBytes(body)
    }
}
