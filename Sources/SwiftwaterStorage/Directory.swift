import SwiftwaterCore
import SwiftwaterPlatform

/// Directories of the local disk.
package enum Directory {
    /// An entry of a directory.
    package struct Entry: Sendable {
        /// The name, without the directory.
        package let name: String
        /// Whether the entry is a directory; symbolic links are followed.
        package let isDirectory: Bool
        /// The size in bytes.
        package let byteCount: Int
        /// The modification time.
        package let modified: BatchTime
    }

    /// Creates the directory and its parents if they do not exist.
    ///
    /// - Parameter isPrivate: whether only the user of this process may look into those that are created.
    package static func create(_ path: String, isPrivate: Bool = false) throws {
        let mode: mode_t = isPrivate ? 0o700 : 0o755
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileError.make("cannot create directory", path, errno)
        }
        try create(String(path[..<slash]), isPrivate: isPrivate)
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw FileError.make("cannot create directory", path, errno)
        }
    }

    /// Returns whether the path is a directory.
    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Returns the directory's entries, ordered by the bytes of their names.
    package static func entries(_ path: String) throws -> [Entry] {
        guard let handle = opendir(path) else { throw FileError.make("cannot list", path, errno) }
        defer { closedir(handle) }
        var result: [Entry] = []
        while let found = readdir(handle) {
            let name = withUnsafePointer(to: &found.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            guard stat(path + "/" + name, &status) == 0 else { continue }  // deleted since
            let modified = status.modificationTime
            result.append(
                Entry(
                    name: name, isDirectory: status.st_mode & S_IFMT == S_IFDIR, byteCount: Int(status.st_size),
                    modified: BatchTime(
                        milliseconds: Int64(modified.tv_sec) * 1000 + Int64(modified.tv_nsec) / 1_000_000)))
        }
        return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
