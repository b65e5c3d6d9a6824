import SwiftwaterCore

/// The state of a step, as a checkpoint sees it.
@usableFromInline
protocol StepState: AnyObject, Sendable {
    /// The names of the types that are stored.
    var storedTypes: [String] { get }
    /// The reason why this state cannot be stored, or nil.
    var obstacle: String? { get }
    var window: Duration? { get }
    /// Starts to keep what `pieces` needs.
    func beginRecording()
    /// Returns the state after the batch at `time`. A piece whose name an earlier checkpoint has is already stored, and
    /// its `bytes` is not called.
    func pieces(at time: BatchTime) -> [StatePiece]
    /// Called when a checkpoint with all pieces was written.
    func wasStored()
    /// Restores the state of the batch at `time` from its pieces, in their order.
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws
}

extension StepState {
    @usableFromInline func wasStored() {}
}

@usableFromInline
struct StatePiece {
    let name: String
    let bytes: () -> [UInt8]
}

/// The state of a step that has none but must run in the order of the batches.
final class NoState: StepState {
    var storedTypes: [String] { [] }
    var obstacle: String? { nil }
    var window: Duration? { nil }
    func beginRecording() {}
    func pieces(at time: BatchTime) -> [StatePiece] { [] }
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws {}
}
