import SwiftwaterCore
import SwiftwaterPlatform

/// What a path to write to leads to, on this machine's disk.
package enum WritePlace: Equatable {
    /// A file, or nothing yet, at a path without a link at its end.
    case file(String)
    /// A device or a pipe, which cannot be replaced: it is written to as it is.
    case stream

    /// Looks at a path.
    ///
    /// - Throws: `notFound` if a link leads to a directory that does not exist.
    package init(_ path: String) throws {
        var information = stat()
        guard stat(path, &information) == 0 else {
            // A link to a file that does not exist yet.
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &buffer, buffer.count - 1)
            guard count > 0 else {
                self = .file(path)
                return
            }
            let target = buffer.prefix(count).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            self = .file(target.hasPrefix("/") ? target : PathName.parent(of: path) + "/" + target)
            return
        }
        let kind = information.st_mode & S_IFMT
        if kind == S_IFCHR || kind == S_IFBLK || kind == S_IFIFO || kind == S_IFSOCK {
            self = .stream
            return
        }
        guard lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFLNK,
            let real = realpath(path, nil)
        else {
            self = .file(path)
            return
        }
        defer { free(real) }
        self = .file(String(cString: real))
    }

    /// Whether two paths lead to one file.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
            && first.st_ino == second.st_ino
    }
}
