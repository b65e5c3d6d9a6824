import SwiftwaterCore

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary file beside it; `commit()` makes them durable and renames the file. Until then, and after
/// any failure, the old file is unchanged.
///
///     create, append ...   synchronize(temporary)   rename(temporary, path)   synchronize(directory)
///
/// Every file that is written as a whole goes through this type, on any `FileSystem`. A link stays, and the file that
/// it leads to is replaced; devices and pipes are written to as they are. Not thread-safe.
package final class AtomicFile {
    /// The path of the finished file.
    package let path: String
    private let files: any FileSystem
    /// The path that the finished file is given: `path` without a link at its end.
    private let finalPath: String
    private let temporaryPath: String
    private let file: any WritableFile
    /// Whether this is a device or a pipe, which has no old bytes to keep.
    private let isStream: Bool
    private var buffer: [UInt8] = []
    private var isOpen = true
    /// The number of the action that removes the temporary file if a signal ends the process.
    private var cleanup: Int?
    private static let bufferBytes = 1 << 20

    /// Creates the temporary file. Each writer of a path, in this process or another, has its own temporary file; the
    /// last commit wins.
    ///
    /// - Throws: `notFound` if the directory does not exist, `io` if it cannot be written.
    package init(path: String, files: any FileSystem = URLFileSystem()) throws {
        self.path = path
        self.files = files
        let isLocal = !URLFileSystem.isRemote(path) && (files is URLFileSystem || files is LocalFileSystem)
        switch try isLocal ? WritePlace(path) : .file(path) {
        case .stream:
            (finalPath, temporaryPath, isStream) = (path, path, true)
            file = try files.create(path)
            return
        case .file(let real): (finalPath, temporaryPath, isStream) = (real, files.temporaryPath(for: real), false)
        }
        do { file = try files.create(temporaryPath) } catch var error as SwiftwaterError {
            // The name that was asked for, not that of the temporary file.
            error.message = error.message.replacing(temporaryPath, with: path)
            throw error
        }
        if !URLFileSystem.isRemote(path) {
            cleanup = ExitCleanup.add { [files, temporaryPath] in try? files.remove(temporaryPath) }
        }
    }

    deinit { abandon() }

    /// Appends bytes.
    ///
    /// - Throws: `io`, after which the file cannot be committed.
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

    /// Makes the file durable under its path.
    ///
    /// - Throws: `io`. If only the directory could not be flushed, the new file is in place, but may be lost in a power
    ///   failure.
    package func commit() throws {
        do { try finish(replacing: true) } catch {
            abandon()
            throw error
        }
        if !isStream { try files.synchronizeDirectory(PathName.parent(of: finalPath)) }
    }

    /// Commits the file if no file exists at its path.
    ///
    /// - Returns: false if a file exists; it is unchanged.
    package func commitIfAbsent() throws -> Bool {
        defer { abandon() }
        guard try finish(replacing: false) else { return false }
        if !isStream { try files.synchronizeDirectory(PathName.parent(of: finalPath)) }
        return true
    }

    @discardableResult
    private func finish(replacing: Bool) throws -> Bool {
        precondition(isOpen, "\(path) has already been committed")
        try flush()
        if isStream {
            file.close()
            close()
            return true
        }
        try file.synchronize()
        file.close()
        if replacing {
            try files.rename(temporaryPath, to: finalPath)
        } else if try !files.renameIfAbsent(temporaryPath, to: finalPath) {
            return false
        }
        close()
        return true
    }

    private func flush() throws {
        guard !buffer.isEmpty else { return }
        try buffer.withUnsafeBytes { try file.append($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func close() {
        isOpen = false
        cleanup.map(ExitCleanup.remove)
        cleanup = nil
    }

    private func abandon() {
        guard isOpen else { return }
        close()
        file.close()
        if !isStream { try? files.remove(temporaryPath) }
    }
}

extension FileSystem {
    /// Replaces a whole file. Whatever happens, it has either the old bytes or the new ones.
    ///
    /// - Throws: the errors of `AtomicFile.commit()`.
    package func replace(_ path: String, with bytes: [UInt8]) throws {
        let file = try AtomicFile(path: path, files: self)
        try file.write(bytes)
        try file.commit()
    }

    /// Removes the temporary files that interrupted replacements left in a directory. Only the process that owns the
    /// directory may call this.
    ///
    /// - Parameter prefix: the prefix of the names of the files that were being replaced.
    package func removeTemporaries(in directory: String, prefix: String = "") throws {
        for name in try list(directory) where name.hasPrefix(prefix) && PathName.isTemporary(name) {
            try remove(directory + "/" + name)
        }
    }
}
