import Swiftwater

/// A file of the posts of each batch: one JSON object per line, `{"batch":1795464370000,"posts":["...","..."]}`.
final class BatchTrace: Sendable {
    private let file: Monitor<LineFile>

    /// Opens or creates a file.
    ///
    /// - Parameter appends: keeps the batches of earlier runs. A batch that runs again is written again, with the same
    ///   posts.
    init(path: String, appends: Bool = false) throws { file = Monitor(try LineFile(path: path, appends: appends)) }

    func write(_ posts: [Text], at time: BatchTime) throws {
        let line = JSONWriter.object {
            $0.member("batch", time.milliseconds)
            $0.member("posts", posts)
        }
        try file.update { try $0.write(line + "\n") }
    }
}
