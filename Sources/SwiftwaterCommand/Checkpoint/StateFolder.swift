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

    private static func isStream(_ directory: String) throws -> Bool {
        guard try URLFileSystem().isDirectory(directory) else { return false }
        let store = try CheckpointStore(directory: directory)
        return try URLFileSystem().isDirectory(store.journalDirectory) || !store.times().isEmpty
    }
}
