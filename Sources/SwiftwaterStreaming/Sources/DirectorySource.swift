import SwiftwaterCore
import SwiftwaterStorage
import Synchronization

extension StreamingContext {
    /// A stream of the lines of files that appear in a directory: each batch holds the files that are new since the last, in
    /// order of their names, one partition a file.
    ///
    /// Move files into the directory when they are complete (`rename`) and leave them as they are while a window holds them: a
    /// file belongs to one batch, and is read when that batch's jobs run, once for each output and window. Names
    /// that begin with `.` or `_` or end in `.tmp` are passed over, so that a writer can use them meanwhile.
    ///
    /// - Parameter newFilesOnly: passes over what is there when the context starts.
    public func textFileStream(directory: String, newFilesOnly: Bool = true) -> DStream<Text> {
        let input = DirectoryInput(directory: directory, newFilesOnly: newFilesOnly)
        graph.add(input)
        let (context, limits) = (context, settings.lineLimits)
        let node = StreamNode<Text>(name: "directory \(directory)", slide: batchInterval, parents: [], graph: graph) {
            _ in
            context.textFiles(try input.takeNew(), limits: limits)
        }
        return DStream(context: self, node: node)
    }
}

final class DirectoryInput: StreamInput {
    private let directory: String
    private let newFilesOnly: Bool
    private let seen = Mutex<Set<String>>([])

    init(directory: String, newFilesOnly: Bool) {
        self.directory = directory
        self.newFilesOnly = newFilesOnly
    }

    func start() throws {
        guard Directory.isDirectory(directory) else {
            throw SwiftwaterError(
                .notFound, "\(directory) is no directory", remedy: "create it, or name the directory files appear in")
        }
        if newFilesOnly { _ = try takeNew() }
    }

    func stop() {}
    var hasPending: Bool { false }
    func release(_ time: BatchTime) {}

    /// Paths of files that were not there before. Names that are gone are forgotten, so memory follows the directory.
    func takeNew() throws -> [String] {
        let names = try Directory.entries(directory).filter {
            !$0.isDirectory && !$0.name.hasPrefix(".") && !$0.name.hasPrefix("_") && !$0.name.hasSuffix(".tmp")
        }.map(\.name)
        return seen.withLock { seen in
            defer { seen = Set(names) }
            return names.filter { !seen.contains($0) }.map { directory + "/" + $0 }
        }
    }
}
