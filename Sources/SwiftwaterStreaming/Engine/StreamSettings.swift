import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The settings of a streaming context. The command line shares the defaults.
public struct StreamSettings: Sendable {
    /// Limits on the lines that receivers accept.
    public var lineLimits: LineLimits
    /// The maximum number of bytes that a receiver may hold and that no finished batch has used yet. Above it, the
    /// receiver stops reading and the sender waits. 384 MiB, which limits a source to 400 MB/s with batches of 1 s.
    public var receiverBufferMaxBytes: Int
    /// How a receiver reconnects after its connection is lost.
    public var reconnect: ReconnectPolicy
    /// Whether batches are limited to what can be processed in time; see `RateEstimator`.
    public var hasBackpressure: Bool
    /// The maximum size of the first batch, before the processing speed is known. 256 MiB.
    public var firstBatchMaxBytes: Int
    /// The interval at which receivers cut received text into blocks for the log, if there is one. 50 ms.
    public var blockInterval: Duration
    /// The maximum number of batches that wait to be processed. Above it, sources are not asked for more until a batch
    /// is done. 64.
    public var waitingBatchesMax: Int
    /// How long a graceful stop may take to finish the batches that wait. After that, they are left to the log, if
    /// there is one, for the next start. 30 s.
    public var stopMax: Duration
    /// What happens to a batch that fails permanently.
    public var onFailure: FailurePolicy
    /// Whether the caller advances the stream with `step()` and the engine has no threads of its own. For tests and
    /// simulations.
    public var isStepped: Bool
    /// The file system; a test may replace it.
    public var files: any FileSystem

    /// Creates settings; what is left out has its default.
    public init(
        lineLimits: LineLimits = LineLimits(), receiverBufferMaxBytes: Int = 384 << 20,
        reconnect: ReconnectPolicy = ReconnectPolicy(), hasBackpressure: Bool = true,
        firstBatchMaxBytes: Int = 256 << 20, blockInterval: Duration = .milliseconds(50),
        waitingBatchesMax: Int = 64, stopMax: Duration = .seconds(30), onFailure: FailurePolicy = FailurePolicy.stop,
        isStepped: Bool = false,
        files: any FileSystem = URLFileSystem(isPrivate: true)
    ) {
        self.lineLimits = lineLimits
        self.receiverBufferMaxBytes = receiverBufferMaxBytes
        self.reconnect = reconnect
        self.hasBackpressure = hasBackpressure
        self.firstBatchMaxBytes = firstBatchMaxBytes
        self.blockInterval = blockInterval
        self.waitingBatchesMax = waitingBatchesMax
        self.stopMax = stopMax
        self.onFailure = onFailure
        self.isStepped = isStepped
        self.files = files
    }
}

/// The policy for a batch that fails permanently.
public enum FailurePolicy: Sendable, Equatable {
    /// The stream stops with an error that names the operator.
    case stop
    /// The batch's text and the error go to a separate folder in this directory, and the stream continues without the
    /// batch. States that advanced before the failing step keep what they took from the batch.
    case setAside(directory: String)
}
