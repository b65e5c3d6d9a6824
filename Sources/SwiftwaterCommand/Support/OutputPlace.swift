import Swiftwater

/// The places that options name for files to write.
enum OutputPlace {
    /// Tries whether files can be written at paths, so that a wrong one is known before the work. Standard output,
    /// devices, pipes and stores are not tried.
    ///
    /// - Parameter inputs: what is read, and must not be replaced.
    /// - Throws: `notFound`, `io` or `denied` with the path; `invalidArgument` for a path that two options name, or
    ///   that is read.
    static func check(_ places: [(option: String, path: String?)], inputs: [String?] = []) throws {
        var known: [String: String] = [:]
        for case (let option, let path?) in places where path != "-" {
            if let other = known.updateValue(option, forKey: path) {
                throw SwiftwaterError(
                    .invalidArgument, "\(other) and \(option) name the same file, \(path)", remedy: "name two files")
            }
            if let input = inputs.compactMap(\.self).first(where: { $0 == path || WritePlace.isSame($0, path) }) {
                throw SwiftwaterError(
                    .invalidArgument, "\(option) would replace \(input), which is read", remedy: "name another file")
            }
            guard !URLFileSystem.isRemote(path) else { continue }
            if case .stream = try WritePlace(path) { continue }
            guard try !URLFileSystem().isDirectory(path) else {
                throw SwiftwaterError(.invalidArgument, "\(path) is a directory", remedy: "name a file in it")
            }
            // It is removed again: nothing is committed.
            _ = try AtomicFile(path: path)
        }
    }
}
