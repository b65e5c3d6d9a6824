import SwiftwaterCore
import SwiftwaterPlatform

/// Directories of the local disk.
package enum Directory {
    /// Creates the directory and its parents if they do not exist.
    ///
    /// - Parameter isPrivate: whether only the user of this process may look into those that are created.
    package static func create(_ path: String, isPrivate: Bool = false) throws {
        let mode: mode_t = isPrivate ? 0o700 : 0o755
        if try make(path, mode) { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileError.make("cannot create directory", path, errno)
        }
        try create(String(path[..<slash]), isPrivate: isPrivate)
        guard try make(path, mode) else { throw FileError.make("cannot create directory", path, errno) }
    }

    /// Creates one directory, and returns whether it is there.
    ///
    /// - Throws: If something else has its name.
    private static func make(_ path: String, _ mode: mode_t) throws -> Bool {
        if mkdir(path, mode) == 0 { return true }
        guard errno == EEXIST else { return false }
        guard isDirectory(path) else { throw FileError.make("cannot create directory", path, ENOTDIR) }
        return true
    }

    /// Removes a directory and everything in it; links in it, not what they name.
    package static func remove(_ path: String) throws {
        for entry in try entries(path) {
            let inside = path + "/" + entry.name
            if unlink(inside) == 0 { continue }
            guard entry.isDirectory else { throw FileError.make("cannot remove", inside, errno) }
            try remove(inside)
        }
        guard rmdir(path) == 0 else { throw FileError.make("cannot remove", path, errno) }
    }

    /// Returns whether the path is a directory.
    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Returns the directory's entries, ordered by the bytes of their names.
    package static func entries(_ path: String) throws -> [FileEntry] {
        guard let handle = opendir(path) else { throw FileError.make("cannot list", path, errno) }
        defer { closedir(handle) }
        var result: [FileEntry] = []
        while let found = readdir(handle) {
            let name = withUnsafePointer(to: &found.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            guard stat(path + "/" + name, &status) == 0 else { continue }  // deleted since
            result.append(
                FileEntry(
                    name: name, isDirectory: status.st_mode & S_IFMT == S_IFDIR, byteCount: Int(status.st_size)))
        }
        return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
