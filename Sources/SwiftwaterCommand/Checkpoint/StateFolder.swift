import Swiftwater

/// What is kept in a directory: that of a stream's checkpoints, that of live ratings, or the one of a server, which has
/// both.
struct StateFolder {
    /// The directory of a stream's checkpoints and log, if there is one.
    var stream: String?
    /// The directory of live ratings and their model, if there is one.
    var films: String?

    /// Looks at a directory.
    ///
    /// - Throws: `notFound` if there is nothing of the kind.
    init(_ directory: String) throws {
        guard try URLFileSystem().isDirectory(directory) else {
            throw SwiftwaterError(
                .notFound, "\(directory) is not a directory",
                remedy: "give the directory of --checkpoint, or that of serve --state")
        }
        for candidate in [directory, directory + "/stream"] where try StateFolder.isStream(candidate) {
            stream = stream ?? candidate
        }
        for candidate in [directory, directory + "/films"] where try URLFileSystem().isDirectory(candidate + "/ratings")
        {
            films = films ?? candidate
        }
        guard stream != nil || films != nil else {
            throw SwiftwaterError(
                .notFound, "\(directory) has no checkpoint, no log and no ratings",
                remedy: "give the directory of --checkpoint, or that of serve --state")
        }
    }

    /// Refuses a directory of the other kind: a server keeps its stream in one inside.
    ///
    /// - Throws: `invalidArgument`.
    static func check(_ directory: String, isOfServer: Bool) throws {
        let files = URLFileSystem()
        if isOfServer {
            guard try isStream(directory) else { return }
            throw SwiftwaterError(
                .invalidArgument, "\(directory) has the checkpoints of a stream, not the state of a server",
                remedy: "give --state another directory")
        }
        for inside in ["stream", "films", "windows.db"] {
            let path = directory + "/" + inside
            guard try files.isDirectory(path) || !URLFileSystem.isRemote(path) && files.exists(path) else { continue }
            throw SwiftwaterError(
                .invalidArgument, "\(directory) has the state of a server, not the checkpoints of a stream",
                remedy: "give --checkpoint another directory")
        }
    }

    private static func isStream(_ directory: String) throws -> Bool {
        guard try URLFileSystem().isDirectory(directory) else { return false }
        let store = try CheckpointStore(directory: directory)
        return try URLFileSystem().isDirectory(store.journalDirectory) || !store.times().isEmpty
    }
}
