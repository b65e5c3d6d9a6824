import SwiftwaterCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The disk as everything durable sees it: logs, checkpoints and file outputs read and write through this, so that a test can
/// put a disk with faults in its place.
public protocol FileSystem: Sendable {
    /// A new file, or an old one emptied.
    func create(_ path: String) throws -> any WritableFile
    /// All bytes of a file.
    /// - Throws: `notFound`; `io` where fewer bytes come than the file has.
    func read(_ path: String) throws -> [UInt8]
    /// `count` bytes from `offset` on.
    func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8]
    /// Names in a directory in order of their bytes, directories with a `/` at the end; none where there is no directory.
    func list(_ directory: String) throws -> [String]
    func exists(_ path: String) -> Bool
    func rename(_ path: String, to new: String) throws
    /// Nothing happens where there is none.
    func remove(_ path: String) throws
    /// With those above it; nothing happens where it exists.
    func createDirectory(_ path: String) throws
    /// Makes what was created, renamed and removed in the directory durable.
    func synchronizeDirectory(_ path: String) throws
}

/// A file that grows. Not for several threads at once.
public protocol WritableFile: AnyObject {
    func append(_ bytes: UnsafeRawBufferPointer) throws
    /// Makes everything appended so far durable.
    func synchronize() throws
    func close()
}

extension FileSystem {
    /// Puts a whole file under its name: `path` has the old bytes or the new ones, whatever happens.
    ///
    ///     create, append, synchronize (PATH.tmp-NUMBER)   rename(PATH)   synchronize the directory
    public func replace(_ path: String, with bytes: [UInt8], temporaryNumber: Int) throws {
        let temporary = "\(path).tmp-\(temporaryNumber)"
        do {
            let file = try create(temporary)
            defer { file.close() }
            try bytes.withUnsafeBytes { try file.append($0) }
            try file.synchronize()
            try rename(temporary, to: path)
        } catch {
            try? remove(temporary)
            throw error
        }
        try synchronizeDirectory(PathName.parent(of: path))
    }
}

public enum PathName {
    public static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// A name as one part of a path or key: letters, digits, `-`, `_` and `.` stay (a `.` not in front), other bytes become `%XX`.
    public static func escaped(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F || (byte == 0x2E && !result.isEmpty)
            if isPlain {
                result.unicodeScalars.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}

/// The disk of the machine.
public struct LocalFileSystem: FileSystem {
    public init() {}

    public func create(_ path: String) throws -> any WritableFile { try LocalFile(path: path) }

    public func read(_ path: String) throws -> [UInt8] {
        let file = try open(path)
        defer { close(file.descriptor) }
        return try bytes(of: file.descriptor, path, at: 0, count: file.size)
    }

    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        let file = try open(path)
        defer { close(file.descriptor) }
        return try bytes(of: file.descriptor, path, at: offset, count: count)
    }

    private func open(_ path: String) throws -> (descriptor: Int32, size: Int) {
        #if canImport(Glibc)
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        #elseif canImport(Musl)
            let descriptor = Musl.open(path, O_RDONLY | O_CLOEXEC)
        #else
            let descriptor = Darwin.open(path, O_RDONLY | O_CLOEXEC)
        #endif
        guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw FileError.make("cannot look at", path, number)
        }
        return (descriptor, Int(status.st_size))
    }

    private func bytes(of descriptor: Int32, _ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0 && errno == EINTR { continue }
                guard got >= 0 else { throw FileError.make("cannot read", path, errno) }
                guard got > 0 else {
                    throw SwiftwaterError(
                        .corrupted, "\(count) bytes were expected at byte \(offset) and \(filled) are there",
                        at: .init(file: path), remedy: "the file was cut")
                }
                filled += got
            }
        }
    }

    public func list(_ directory: String) throws -> [String] {
        guard Directory.isDirectory(directory) else { return [] }
        return try Directory.entries(directory).map { $0.isDirectory ? $0.name + "/" : $0.name }
    }

    public func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    public func rename(_ path: String, to new: String) throws {
        #if canImport(Glibc)
            let code = Glibc.rename(path, new)
        #elseif canImport(Musl)
            let code = Musl.rename(path, new)
        #else
            let code = Darwin.rename(path, new)
        #endif
        guard code == 0 else { throw FileError.make("cannot rename to", new, errno) }
    }

    public func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError.make("cannot remove", path, errno) }
    }

    public func createDirectory(_ path: String) throws { try Directory.create(path) }

    public func synchronizeDirectory(_ path: String) throws { try FileError.synchronizeDirectory(path) }
}

private final class LocalFile: WritableFile {
    private let path: String
    private var descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.make("cannot create", path, errno) }
    }

    deinit { close() }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        let number = writeAll(to: descriptor, bytes)
        guard number == 0 else { throw FileError.make("cannot write", path, number) }
    }

    func synchronize() throws {
        #if canImport(Darwin)
            let code = fsync(descriptor)
        #else
            let code = fdatasync(descriptor)
        #endif
        guard code == 0 else { throw FileError.make("cannot flush", path, errno) }
    }

    func close() {
        guard descriptor >= 0 else { return }
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
        descriptor = -1
    }
}

/// That a directory belongs to this process, for as long as the object lives or until `release`.
public final class DirectoryLock: @unchecked Sendable {
    private let descriptor: Int32

    /// - Throws: `invalidState` where another process has it.
    public init(_ directory: String) throws {
        let path = directory + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.make("cannot create", path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw FileError.make("cannot lock", path, number) }
            throw SwiftwaterError(
                .invalidState, "\(directory) is in use by another program",
                remedy: "stop that program, or name another directory")
        }
    }

    deinit { close(descriptor) }
}
