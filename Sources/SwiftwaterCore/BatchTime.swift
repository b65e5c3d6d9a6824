/// A point of the batch clock: milliseconds since 1970-01-01 00:00:00 UTC.
public struct BatchTime: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: BatchTime, right: BatchTime) -> Bool { left.milliseconds < right.milliseconds }
    public static func + (time: BatchTime, duration: Duration) -> BatchTime {
        BatchTime(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }
    public static func - (time: BatchTime, duration: Duration) -> BatchTime {
        BatchTime(milliseconds: time.milliseconds - duration.wholeMilliseconds)
    }

    /// The time between two points.
    public static func - (left: BatchTime, right: BatchTime) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }

    /// Whether the time since `zero` is a whole multiple of `interval`.
    public func isMultiple(of interval: Duration, since zero: BatchTime) -> Bool {
        (milliseconds - zero.milliseconds) % interval.wholeMilliseconds == 0
    }

    /// The last multiple of `interval` since `zero` that is not after this time.
    public func rounded(downTo interval: Duration, since zero: BatchTime) -> BatchTime {
        let (since, step) = (milliseconds - zero.milliseconds, interval.wholeMilliseconds)
        let rest = since % step
        return BatchTime(milliseconds: milliseconds - rest - (rest < 0 ? step : 0))
    }

    /// As Spark prints it, for example `1763899200000 ms`.
    public var description: String { "\(milliseconds) ms" }
}

extension Duration {
    /// Milliseconds, without the rest.
    public var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    public func isMultiple(of other: Duration) -> Bool {
        other.wholeMilliseconds > 0 && wholeMilliseconds % other.wholeMilliseconds == 0
    }

    /// For people and for messages: `10 s`, `1.5 s`, `200 ms`.
    public var label: String {
        let milliseconds = wholeMilliseconds
        if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
        return milliseconds < 1000 ? "\(milliseconds) ms" : "\(Double(milliseconds) / 1000) s"
    }
}
