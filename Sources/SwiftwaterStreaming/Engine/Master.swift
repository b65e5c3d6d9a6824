import SwiftwaterCore

/// Where the work runs, in the textbook notation: `local`, `local[4]`, `local[*]`, `sc://host:15002`.
public enum Master: Hashable, Sendable, CustomStringConvertible {
    /// This process, with this many threads for tasks.
    case local(threads: Int)
    /// A Spark cluster, by the URL of its Spark Connect server. Closures of a Swift program cannot run there: an RDD's
    /// action and the start of a streaming context throw an error that names the first step with one. Jobs for a
    /// cluster are written with `SparkSession` of SwiftwaterSpark.
    case spark(url: String)

    /// Parses a master string.
    ///
    /// - Throws: `invalidArgument` if the text has none of the forms above.
    public init(parsing text: String) throws {
        if text == "local" { self = .local(threads: 1); return }
        if text.hasPrefix("local["), text.hasSuffix("]") {
            let inside = text.dropFirst(6).dropLast()
            if inside == "*" { self = .local(threads: WorkerPool.coreCount); return }
            if let threads = Int(inside), (1...1024).contains(threads) { self = .local(threads: threads); return }
        }
        if text.hasPrefix("sc://"), text.count > 5 { self = .spark(url: text); return }
        throw SwiftwaterError(
            .invalidArgument, "unsupported master '\(text)'",
            remedy: "use local, local[N] with 1 to 1024 threads, or local[*]; sc://HOST:PORT for a Spark cluster")
    }

    /// The number of threads for tasks in this process; on a cluster, 1.
    public var threads: Int {
        switch self {
        case .local(let threads): threads
        case .spark: 1
        }
    }

    /// The master as text that `init(parsing:)` accepts.
    public var description: String {
        switch self {
        case .local(let threads): "local[\(threads)]"
        case .spark(let url): url
        }
    }
}
