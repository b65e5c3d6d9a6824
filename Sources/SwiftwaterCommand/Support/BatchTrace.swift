import Swiftwater

/// Writes which posts each batch held: one JSON object a line, `{"batch":1795464370000,"posts":["...","..."]}`.
final class BatchTrace: Sendable {
    private let file: Monitor<LineFile>

    /// - Parameter appends: adds to what an earlier run has written. A batch that is run again is written again, with the
    ///   same posts.
    init(path: String, appends: Bool = false) throws { file = Monitor(try LineFile(path: path, appends: appends)) }

    func write(_ posts: [Text], at time: BatchTime) throws {
        let line = JSONWriter.object {
            $0.member("batch", time.milliseconds)
            $0.member("posts", posts)
        }
        try file.update { try $0.write(line + "\n") }
    }
}
