import SwiftwaterCore

/// An output: something to be done with each of a stream's batches.
struct StreamOutput: Sendable {
    /// The name that the program gave it, or nil.
    let name: String?
    let kind: String
    let step: StreamStep
    /// Set if the output knows which batches it has: running such a batch again changes nothing.
    var sink: (any CommittingOutput)?
    /// Returns the job of a batch, or nil if the stream has no batch at that time. Called on the generator's thread.
    let job: @Sendable (BatchTime) throws -> (@Sendable () throws -> Void)?

    var displayName: String { name ?? kind }
}

/// An output that stores batches under their times.
protocol CommittingOutput: Sendable {
    func isCommitted(_ time: BatchTime) throws -> Bool
    /// Returns the time of the latest batch that it has, or nil.
    func lastCommitted() throws -> BatchTime?
}

struct BatchJob: Sendable {
    let name: String
    let run: @Sendable () throws -> Void
}
