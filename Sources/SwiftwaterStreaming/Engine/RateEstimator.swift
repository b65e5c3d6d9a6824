import SwiftwaterCore

/// How much sources may give to the next batch: the rate at which batches are processed, by a PID rule on the error between what
/// came and what was done.
///
/// The rule and its gains (1, 0.2, 0) are those of Spark's `PIDRateEstimator`:
/// `rate = last - P (last - done) - I (delay x done / interval) - D (change of error)`, in bytes a second here. A batch that was
/// done within half its interval never lowers the rate: its time is mostly what every batch costs.
public struct RateEstimator: Sendable, Equatable {
    public struct Gains: Sendable, Equatable {
        public var proportional = 1.0
        public var integral = 0.2
        public var derivative = 0.0
        public init() {}
    }

    private let interval: Double
    private let gains: Gains
    private let minimum: Double
    private var lastTime: BatchTime?
    private var lastError = 0.0
    /// Bytes a second; nil before the first batch that held something.
    public private(set) var rate: Double?

    public init(batchInterval: Duration, gains: Gains = Gains(), minimumBytesPerSecond: Double = 16384) {
        interval = batchInterval.inSeconds
        self.gains = gains
        minimum = minimumBytesPerSecond
    }

    /// Takes what a finished batch took.
    public mutating func update(time: BatchTime, bytes: Int, processingTime: Duration, schedulingDelay: Duration) {
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

    /// What the next batch may hold.
    public func batchMaxBytes(first: Int) -> Int {
        guard let rate else { return first }
        return Int(min(max(rate * interval, 1), 1e15))
    }
}
