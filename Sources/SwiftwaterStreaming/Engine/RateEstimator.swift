import SwiftwaterCore

/// An estimate of how much sources may give to the next batch. It follows the rate at which batches are processed, by a
/// PID rule on the error between what arrived and what was processed.
///
/// The rule and its gains (1, 0.2, 0) are those of Spark's `PIDRateEstimator`:
/// `rate = last - P (last - done) - I (delay x done / interval) - D (change of error)`, here in bytes a second. A batch
/// done within half its interval never lowers the rate: its time is mostly the fixed cost of every batch.
package struct RateEstimator: Sendable, Equatable {
    /// The weights of the terms of the PID rule.
    package struct Gains: Sendable, Equatable {
        /// Weight of the error.
        package var proportional = 1.0
        /// Weight of the backlog: the scheduling delay times the processing rate.
        package var integral = 0.2
        /// Weight of the change of the error.
        package var derivative = 0.0
        /// Creates the default gains.
        package init() {}
    }

    private let interval: Double
    private let gains: Gains
    private let minimum: Double
    private var lastTime: BatchTime?
    private var lastError = 0.0
    /// The rate in bytes a second; nil before the first batch that held something.
    package private(set) var rate: Double?

    /// Creates an estimator whose rate stays at or above `minimumBytesPerSecond`.
    package init(batchInterval: Duration, gains: Gains = Gains(), minimumBytesPerSecond: Double = 16384) {
        interval = batchInterval.inSeconds
        self.gains = gains
        minimum = minimumBytesPerSecond
    }

    /// Updates the rate with the size and the times of a finished batch.
    package mutating func update(time: BatchTime, bytes: Int, processingTime: Duration, schedulingDelay: Duration) {
        let processing = processingTime.inSeconds
        guard bytes > 0, processing > 0, time > lastTime ?? BatchTime(milliseconds: .min) else { return }
        let done = Double(bytes) / processing
        defer { lastTime = time }
        guard let last = rate, let lastTime else {
            rate = max(done, minimum)
            return
        }
        let since = (time - lastTime).inSeconds
        let error = last - done
        let history = schedulingDelay.inSeconds * done / interval
        let change = (error - lastError) / since
        let new = last - gains.proportional * error - gains.integral * history - gains.derivative * change
        lastError = error
        let isAhead = processing + schedulingDelay.inSeconds < interval / 2
        rate = max(isAhead ? max(new, last) : new, minimum)
    }

    /// Returns the maximum size of the next batch in bytes; `first` while the rate is unknown.
    package func batchMaxBytes(first: Int) -> Int {
        guard let rate else { return first }
        return Int(min(max(rate * interval, 1), 1e15))
    }
}
