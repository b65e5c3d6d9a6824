import SwiftwaterCore

/// Where the work runs, as the textbooks write it: `local`, `local[4]`, `local[*]`.
public enum Master: Hashable, Sendable, CustomStringConvertible {
    /// This process, with so many threads for tasks.
    case local(threads: Int)

    /// - Throws: `invalidArgument` where the text is none of the forms above.
    public init(parsing text: String) throws {
        if text == "local" { self = .local(threads: 1); return }
        if text.hasPrefix("local["), text.hasSuffix("]") {
            let inside = text.dropFirst(6).dropLast()
            if inside == "*" { self = .local(threads: WorkerPool.coreCount); return }
            if let threads = Int(inside), (1...1024).contains(threads) { self = .local(threads: threads); return }
        }
        throw SwiftwaterError(
            .invalidArgument, "'\(text)' is no master that this engine runs on",
            remedy: "use local, local[N] with 1 to 1024 threads, or local[*]")
    }

    public var threads: Int {
        switch self {
        case .local(let threads): threads
        }
    }

    public var description: String { "local[\(threads)]" }
}
