import SwiftwaterCore

/// The measurements of a batch.
public struct BatchInformation: Sendable {
    /// The batch time.
    public let time: BatchTime
    /// The size of its input. Files count the lines that its jobs read of them.
    public var size = BatchSize()
    /// The time from the batch time until its jobs began.
    public var schedulingDelay: Duration = .zero
    /// The time from the start of its first job to the end of its last.
    public var processingTime: Duration = .zero
    /// The steps and outputs that ran, in order, with the time that each took.
    public var jobs: [(name: String, time: Duration)] = []
    /// The number of batches that are made and wait for this one.
    public var waitingBatches = 0
    /// The maximum size of the next batch in bytes; nil without backpressure.
    public var nextBatchMaxBytes: Int?
    /// The batch time of the newest checkpoint; nil without one.
    public var checkpoint: BatchTime?
    /// Whether the batch was made before a restart and run again.
    public var isReplayed = false
    /// The error for which the batch was set aside; nil if it was not.
    public var failure: SwiftwaterError?

    /// The lag: from the batch time until its results were written.
    public var totalDelay: Duration { schedulingDelay + processingTime }

    init(time: BatchTime) { self.time = time }
}
