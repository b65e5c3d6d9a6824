import SwiftwaterCore

/// A file that appears whole or not at all. Bytes go to a temporary file beside it; `commit()` makes them durable and
/// renames. Until then, and after any failure, the old file is untouched.
///
///     create, append ...   synchronize(temporary)   rename(temporary, path)   synchronize(directory)
///
/// This is the only implementation of replacement: everything that is written whole goes through it, on any `FileSystem`.
/// Not for several threads at once.
package final class AtomicFile {
    /// The path under which the file appears.
    package let path: String
    private let files: any FileSystem
    private let temporaryPath: String
    private let file: any WritableFile
    private var buffer: [UInt8] = []
    private var isOpen = true
    private static let bufferBytes = 1 << 20

    /// Creates the temporary file. Several writers of one path, in one process or in several, have a temporary file each;
    /// the last commit counts.
    ///
    /// - Throws: `notFound` where the directory does not exist, `io` where it cannot be written.
    package init(path: String, files: any FileSystem = LocalFileSystem()) throws {
        self.path = path
        self.files = files
        temporaryPath = files.temporaryPath(for: path)
        file = try files.create(temporaryPath)
    }

    deinit { abandon() }

    /// Appends bytes.
    ///
    /// - Throws: `io`; the file cannot be committed after that.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count > AtomicFile.bufferBytes { try flush() }
        if bytes.count >= AtomicFile.bufferBytes {
            try file.append(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Appends text as UTF-8.
    package func write(_ string: String) throws {
        var string = string
        try string.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Makes the file durable under its name.
    ///
    /// - Throws: `io`. Where only the directory could not be flushed, the new file is in place, but may be gone after a
    ///   power failure.
    package func commit() throws {
        do { try finish(replacing: true) } catch {
            abandon()
            throw error
        }
        try files.synchronizeDirectory(PathName.parent(of: path))
    }

    /// As `commit()`, unless a file of that name exists.
    ///
    /// - Returns: false where one exists; it is unchanged.
    package func commitIfAbsent() throws -> Bool {
        defer { abandon() }
        guard try finish(replacing: false) else { return false }
        try files.synchronizeDirectory(PathName.parent(of: path))
        return true
    }

    @discardableResult
    private func finish(replacing: Bool) throws -> Bool {
        precondition(isOpen, "\(path) was committed already")
        try flush()
        try file.synchronize()
        file.close()
        if replacing {
            try files.rename(temporaryPath, to: path)
        } else if try !files.renameIfAbsent(temporaryPath, to: path) {
            return false
        }
        isOpen = false
        return true
    }

    private func flush() throws {
        guard !buffer.isEmpty else { return }
        try buffer.withUnsafeBytes { try file.append($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func abandon() {
        guard isOpen else { return }
        isOpen = false
        file.close()
        try? files.remove(temporaryPath)
    }
}

extension FileSystem {
    /// Puts a whole file under its name: `path` has the old bytes or the new ones, whatever happens.
    ///
    /// - Throws: as `AtomicFile.commit()`.
    package func replace(_ path: String, with bytes: [UInt8]) throws {
        let file = try AtomicFile(path: path, files: self)
        try file.write(bytes)
        try file.commit()
    }

    /// Removes the temporary files that interrupted replacements left in a directory. Only for the process that owns it.
    ///
    /// - Parameter prefix: of the names of the files that were being replaced.
    package func removeTemporaries(in directory: String, prefix: String = "") throws {
        for name in try list(directory) where name.hasPrefix(prefix) && PathName.isTemporary(name) {
            try remove(directory + "/" + name)
        }
    }
}
