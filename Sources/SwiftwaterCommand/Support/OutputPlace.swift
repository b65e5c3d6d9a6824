import Swiftwater

/// The places that options name for files to write.
enum OutputPlace {
    /// Tries whether files can be written at paths, so that a wrong one is known before the work. Standard output and
    /// stores are not tried.
    ///
    /// - Throws: `notFound`, `io` or `denied` with the path; `invalidArgument` for a path that two options name.
    static func check(_ places: [(option: String, path: String?)]) throws {
        var known: [String: String] = [:]
        for case (let option, let path?) in places where path != "-" {
            if let other = known.updateValue(option, forKey: path) {
                throw SwiftwaterError(
                    .invalidArgument, "\(other) and \(option) name the same file, \(path)", remedy: "name two files")
            }
            guard !URLFileSystem.isRemote(path) else { continue }
            guard try !URLFileSystem().isDirectory(path) else {
                throw SwiftwaterError(.io, "\(path) is a directory", remedy: "name a file in it")
            }
            // It is removed again: nothing is committed.
            _ = try AtomicFile(path: path)
        }
    }
}
