import SwiftwaterCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that appears whole or not at all: bytes go to a temporary file beside it, which `commit()` makes durable and
/// renames. Until then, and after any failure, whatever had the name before is untouched.
///
///     write ... write   fsync(temporary)   rename(temporary, path)   fsync(directory)
public final class AtomicFile {
    public let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private let faults: FileFaults
    private static let bufferBytes = 1 << 20
    private static let opened = Atomic<Int>(0)
    private var isCommitted = false

    /// - Throws: `notFound` where the directory does not exist, `io` where it cannot be written.
    public init(path: String, faults: FileFaults = .none) throws {
        self.path = path
        self.faults = faults
        // Two writers of one path, in one process or in several, have a temporary file each; the last rename counts.
        let number = AtomicFile.opened.wrappingAdd(1, ordering: .relaxed).oldValue
        temporaryPath = "\(path).tmp-\(getpid())-\(number)"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.make("cannot create", temporaryPath, errno) }
        buffer.reserveCapacity(AtomicFile.bufferBytes)
    }

    deinit { abandon() }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count > AtomicFile.bufferBytes { try flush() }
        if bytes.count >= AtomicFile.bufferBytes {
            try put(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    public func write(_ string: String) throws {
        var string = string
        try string.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Makes the file durable under its name.
    public func commit() throws {
        do {
            try flush()
            guard fsync(descriptor) == 0 else { throw FileError.make("cannot flush", temporaryPath, errno) }
            close(descriptor)
            descriptor = -1
            guard rename(temporaryPath, path) == 0 else { throw FileError.make("cannot rename to", path, errno) }
            isCommitted = true
        } catch {
            abandon()
            throw error
        }
        try FileError.synchronizeDirectory(of: path)
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try put($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count > 0 else { return }
        let fault = faults.write(path, bytes.count)
        let number = fault != 0 ? fault : writeAll(to: descriptor, bytes)
        guard number == 0 else { throw FileError.make("cannot write", path, number) }
    }

    private func abandon() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if !isCommitted { unlink(temporaryPath) }
    }
}

/// What the operating system refused, in words.
public enum FileError {
    public static func make(_ action: String, _ path: String, _ number: Int32) -> SwiftwaterError {
        let remedy: String? =
            switch number {
            case ENOENT: "check the path"
            case EACCES, EPERM: "check who may read and write it"
            case ENOSPC, EDQUOT, EFBIG: "free some space; what was there before is unchanged"
            case EISDIR: "name a file, not a directory"
            case EMFILE: "raise the limit of open files (ulimit -n, LimitNOFILE= of systemd)"
            case ENFILE: "close programs, or raise fs.file-max"
            default: nil
            }
        return SwiftwaterError(
            number == ENOENT ? .notFound : .io, "\(action) \(path): \(systemMessage(number))", remedy: remedy,
            isRetryable: number == EMFILE || number == ENFILE)
    }

    static func synchronizeDirectory(of path: String) throws { try synchronizeDirectory(PathName.parent(of: path)) }

    static func synchronizeDirectory(_ directory: String) throws {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw make("cannot open", directory, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw make("cannot flush", directory, errno) }
    }
}
