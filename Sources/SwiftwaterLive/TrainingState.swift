import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterStorage

/// Whether a training runs.
public struct TrainingState: Sendable {
    public internal(set) var isRunning = false
    public internal(set) var last: TrainingReport?
    public internal(set) var lastFailure: String?

    init() {}
}
