import SwiftwaterCore

/// Where the work runs, in the textbook notation: `local`, `local[4]`, `local[*]`.
public enum Master: Hashable, Sendable, CustomStringConvertible {
    /// This process, with this many threads for tasks.
    case local(threads: Int)

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
        throw SwiftwaterError(
            .invalidArgument, "unsupported master '\(text)'",
            remedy: "use local, local[N] with 1 to 1024 threads, or local[*]")
    }

    /// The number of threads for tasks.
    public var threads: Int {
        switch self {
        case .local(let threads): threads
        }
    }

    /// The master as text that `init(parsing:)` accepts.
    public var description: String { "local[\(threads)]" }
}
