import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// A source of a stream, as the engine drives it. The contents of a batch are fixed once, described in a few bytes that
/// go into the log, and can be made again from them after a restart.
protocol StreamInput: AnyObject, Sendable {
    /// What the source is: a checkpoint of another one is not taken for its own.
    ///
    /// - Parameter kind: the name of the source's step.
    func identity(_ kind: String) -> String
    /// Receives the log, if there is one. Called before `start`.
    func attach(_ log: SourceLog)
    func start() throws
    /// Stops taking input. Returns when what was received can be read.
    func stop()
    /// Whether something was received that is not in a batch yet.
    var hasPending: Bool { get }
    /// Cuts off what has been received so far, so that it can go into the log.
    func cut()
    /// Fixes the contents of the batch at `time`, about `maxBytes` at most. Returns their description, which is empty
    /// for an empty batch.
    func take(_ time: BatchTime, maxBytes: Int) throws -> [UInt8]
    /// Gives the batch at `time` the contents it had, from their description.
    ///
    /// - Parameter isPast: whether the source's restored position is already past this batch.
    func retake(_ time: BatchTime, _ description: [UInt8], isPast: Bool) throws
    /// Discards the contents of a batch that nothing reads anymore.
    func discard(_ description: [UInt8]) throws
    /// Acknowledges input to the senders that wait for it. Called when the log has been synchronized.
    func tellSenders()
    /// Returns the size of the batch at `time`.
    func size(of time: BatchTime) -> BatchSize
    /// Releases what the batch at `time` holds, once the batch is done.
    func release(_ time: BatchTime)
    /// The position of the source after the last batch it made.
    var position: [UInt8] { get }
    func restore(_ position: [UInt8]) throws
    /// Returns the first log record that batches after `time`, or batches to come, still need; nil if there is none.
    func firstNeededRecord(after time: BatchTime) -> UInt64?
    /// How the source is doing; nil if it does not know.
    var status: SourceStatus? { get }
    /// Returns the text of a failed batch for the dead-letter directory; nil if the source has no text.
    func text(of time: BatchTime) throws -> [UInt8]?
}

extension StreamInput {
    func attach(_ log: SourceLog) {}
    func cut() {}
    func discard(_ description: [UInt8]) throws {}
    func tellSenders() {}
    var status: SourceStatus? { nil }
    func size(of time: BatchTime) -> BatchSize { BatchSize() }
    func release(_ time: BatchTime) {}
    func firstNeededRecord(after time: BatchTime) -> UInt64? { nil }
    func text(of time: BatchTime) throws -> [UInt8]? { nil }
}
