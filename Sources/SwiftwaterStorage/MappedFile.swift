import SwiftwaterCore
import SwiftwaterPlatform

/// A file's bytes, mapped into memory for reading. Opening is O(1); pages are read from the disk as they are accessed.
///
/// Replace such a file by renaming another over it (`AtomicFile`), never by writing to it: if it is truncated, a
/// process that reads it is killed. With `copied`, the bytes are held in memory instead.
public final class MappedFile: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    /// The file's path.
    public let path: String

    /// Creates a file from bytes that came from elsewhere, such as a file system in memory.
    public init(path: String, holding contents: [UInt8]) {
        self.path = path
        let memory =
            contents.isEmpty
            ? nil : mmap(nil, contents.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        precondition(contents.isEmpty || memory != nil && memory != MAP_FAILED, "no memory for \(contents.count) bytes")
        contents.withUnsafeBytes { if let memory { memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) } }
        bytes = UnsafeRawBufferPointer(start: memory, count: contents.count)
    }

    /// Creates a file whose bytes are read into memory.
    ///
    /// - Parameter fill: writes all of the bytes.
    init(path: String, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        self.path = path
        guard byteCount > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            address != MAP_FAILED
        else { throw FileError.make("cannot hold", path, errno) }
        bytes = UnsafeRawBufferPointer(start: address, count: byteCount)
        // If this fails, `deinit` gives the memory back.
        try fill(UnsafeMutableRawBufferPointer(mutating: bytes))
    }

    /// Opens a file.
    ///
    /// - Parameter copied: reads the whole file into memory now.
    /// - Parameter path: the path of the file.
    /// - Throws: `notFound` or `io`.
    public init(path: String, copied: Bool = false) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.make("cannot look at", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SwiftwaterError(.invalidArgument, "\(path) is not a file", remedy: "give the path of a regular file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let (access, kind) =
            copied ? (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS) : (PROT_READ, MAP_PRIVATE)
        guard let address = mmap(nil, count, access, kind, copied ? -1 : descriptor, 0), address != MAP_FAILED else {
            throw FileError.make("cannot map", path, errno)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
        // If this fails, `deinit` gives the memory back.
        if copied { try Self.fill(UnsafeMutableRawBufferPointer(mutating: bytes), descriptor, path) }
    }

    private static func fill(_ bytes: UnsafeMutableRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
        var filled = 0
        while filled < bytes.count {
            let got = read(descriptor, bytes.baseAddress! + filled, bytes.count - filled)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw FileError.make("cannot read", path, errno) }
            guard got > 0 else {
                throw SwiftwaterError(.io, "\(path) became shorter while it was read", remedy: "read it again")
            }
            filled += got
        }
    }

    /// The size of the file in bytes.
    public var byteCount: Int { bytes.count }

    /// Calls `body` with the bytes, which are valid during the call.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(bytes) }
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }
}
