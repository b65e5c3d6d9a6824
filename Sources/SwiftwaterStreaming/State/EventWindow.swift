import SwiftwaterCore

/// A span of event time, including `start` and excluding `end`.
public struct EventWindow: Hashable, Sendable, Codable, StreamCodable, CustomStringConvertible {
    /// The first time in the window.
    public var start: BatchTime
    /// The first time after the window.
    public var end: BatchTime

    /// Creates a window from its bounds.
    public init(start: BatchTime, end: BatchTime) {
        self.start = start
        self.end = end
    }

    /// Writes the bounds in milliseconds.
    public func encode(to writer: inout ByteWriter) {
        writer.write(integer: start.milliseconds)
        writer.write(integer: end.milliseconds)
    }
    /// Reads a window that `encode(to:)` wrote.
    public static func decode(from reader: inout ByteReader) throws -> EventWindow {
        EventWindow(
            start: BatchTime(milliseconds: try reader.readInteger(Int64.self)),
            end: BatchTime(milliseconds: try reader.readInteger(Int64.self)))
    }
    /// Returns whether this window comes before `other`, by start and then end.
    public func precedes(_ other: EventWindow) -> Bool { (start, end) < (other.start, other.end) }

    /// The bounds, as `[start, end)`.
    public var description: String { "[\(start), \(end))" }
}

/// A division of event time into windows.
///
///     tumbling 10   |----0----|----10---|----20---|      from multiples of the length
///     sliding 20/10 |---------0---------|
///                             |---------10--------|      a record is in length / slide windows
///     session 5     |--x-x---x-----|     |-x-----|       a window grows while records are less than the gap apart
public enum EventWindows: Sendable, Hashable {
    /// Windows of one length, one after the other.
    case tumbling(Duration)
    /// Windows of one length that start at every multiple of the slide.
    case sliding(Duration, slide: Duration)
    /// Windows that grow while records are less than the gap apart.
    case session(gap: Duration)

    /// Returns the windows that a time is in, before sessions are joined; earliest first.
    @usableFromInline
    func containing(_ time: BatchTime) -> [EventWindow] {
        switch self {
        case .tumbling(let length): return EventWindows.sliding(length, slide: length).containing(time)
        case .session(let gap): return [EventWindow(start: time, end: time + gap)]
        case .sliding(let length, let slide):
            let step = slide.wholeMilliseconds
            // Round down, even before 1970.
            let rest = time.milliseconds % step
            var start = time.milliseconds - rest - (rest < 0 ? step : 0)
            var windows: [EventWindow] = []
            while start + length.wholeMilliseconds > time.milliseconds {
                let first = BatchTime(milliseconds: start)
                windows.append(EventWindow(start: first, end: first + length))
                start -= step
            }
            return windows.reversed()
        }
    }

    /// Whether windows that overlap become one.
    @usableFromInline var isJoining: Bool { if case .session = self { true } else { false } }

    /// The error in the durations, or nil.
    var problem: String? {
        switch self {
        case .tumbling(let length) where length < .milliseconds(1): "invalid window length of \(length.label)"
        case .session(let gap) where gap < .milliseconds(1): "invalid session gap of \(gap.label)"
        case .sliding(let length, let slide) where slide < .milliseconds(1) || length < slide:
            "invalid window length of \(length.label) with a slide of \(slide.label)"
        default: nil
        }
    }

    var longest: Duration {
        switch self {
        case .tumbling(let length), .sliding(let length, _): length
        case .session(let gap): gap
        }
    }
}
