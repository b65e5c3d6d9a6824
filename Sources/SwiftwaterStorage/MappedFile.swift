import SwiftwaterCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file's bytes, mapped into memory for reading. Opening is O(1); pages come from the disk as they are touched.
///
/// Replace such a file by renaming another over it (`AtomicFile`), never by writing into it.
public final class MappedFile: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    public let path: String

    /// - Throws: `notFound` or `io`.
    public init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.make("cannot look at", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SwiftwaterError(.invalidArgument, "\(path) is not a file", remedy: "name a regular file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw FileError.make("cannot map", path, errno)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
    }

    public var byteCount: Int { bytes.count }

    /// Calls `body` with the bytes, which are mapped during the call.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(bytes) }
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }
}
