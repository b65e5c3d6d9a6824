/// A point in time on the batch clock: milliseconds since 1970-01-01 00:00:00 UTC.
public struct BatchTime: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Milliseconds since the epoch; negative before it.
    public var milliseconds: Int64

    /// Creates the point `milliseconds` after the epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Returns whether `left` is earlier than `right`.
    public static func < (left: BatchTime, right: BatchTime) -> Bool { left.milliseconds < right.milliseconds }
    /// Returns the time `duration` later, in whole milliseconds.
    public static func + (time: BatchTime, duration: Duration) -> BatchTime {
        BatchTime(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }
    /// Returns the time `duration` earlier, in whole milliseconds.
    public static func - (time: BatchTime, duration: Duration) -> BatchTime {
        BatchTime(milliseconds: time.milliseconds - duration.wholeMilliseconds)
    }

    /// Returns the time between two points.
    public static func - (left: BatchTime, right: BatchTime) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }

    /// Returns whether the time since `zero` is a whole multiple of `interval`.
    public func isMultiple(of interval: Duration, since zero: BatchTime) -> Bool {
        (milliseconds - zero.milliseconds) % interval.wholeMilliseconds == 0
    }

    /// Returns the last multiple of `interval` since `zero` that is not after this time.
    public func rounded(downTo interval: Duration, since zero: BatchTime) -> BatchTime {
        let (since, step) = (milliseconds - zero.milliseconds, interval.wholeMilliseconds)
        let rest = since % step
        return BatchTime(milliseconds: milliseconds - rest - (rest < 0 ? step : 0))
    }

    /// The time in Spark's format, for example `1763899200000 ms`.
    public var description: String { "\(milliseconds) ms" }
}

extension Duration {
    /// The number of whole milliseconds, truncated toward zero.
    @usableFromInline package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The duration in seconds, as a floating-point number.
    @usableFromInline package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// Returns whether this is a whole multiple of `other`, in whole milliseconds. False if `other` is not positive.
    @usableFromInline package func isMultiple(of other: Duration) -> Bool {
        other.wholeMilliseconds > 0 && wholeMilliseconds % other.wholeMilliseconds == 0
    }

    /// The duration as text for messages: `10 s`, `1.5 s`, `200 ms`.
    @usableFromInline package var label: String {
        let milliseconds = wholeMilliseconds
        if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
        return milliseconds < 1000 ? "\(milliseconds) ms" : "\(Double(milliseconds) / 1000) s"
    }
}
