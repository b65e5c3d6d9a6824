import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterStorage

/// The state of trainings: the current and the last one.
public struct TrainingState: Sendable {
    /// Whether a training is running.
    public internal(set) var isRunning = false
    /// The report of the last training that succeeded.
    public internal(set) var last: TrainingReport?
    /// The error of the last training; nil if it succeeded.
    public internal(set) var lastFailure: String?

    init() {}
}
