import SwiftwaterCore

/// A span of event time, `start` included and `end` not.
public struct EventWindow: Hashable, Sendable, Codable, StreamCodable, CustomStringConvertible {
    public var start: BatchTime
    public var end: BatchTime

    public init(start: BatchTime, end: BatchTime) {
        self.start = start
        self.end = end
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(integer: start.milliseconds)
        writer.write(integer: end.milliseconds)
    }
    public static func decode(from reader: inout ByteReader) throws -> EventWindow {
        EventWindow(
            start: BatchTime(milliseconds: try reader.readInteger(Int64.self)),
            end: BatchTime(milliseconds: try reader.readInteger(Int64.self)))
    }
    public func precedes(_ other: EventWindow) -> Bool { (start, end) < (other.start, other.end) }

    public var description: String { "[\(start), \(end))" }
}

/// How event time is divided.
///
///     tumbling 10   |----0----|----10---|----20---|      from multiples of the length
///     sliding 20/10 |---------0---------|
///                             |---------10--------|      a record is in length / slide windows
///     session 5     |--x-x---x-----|     |-x-----|       a window grows while records are less than the gap apart
public enum EventWindows: Sendable, Hashable {
    case tumbling(Duration)
    case sliding(Duration, slide: Duration)
    case session(gap: Duration)

    /// The windows that a time is in, before sessions are joined; earliest first.
    @usableFromInline
    func containing(_ time: BatchTime) -> [EventWindow] {
        switch self {
        case .tumbling(let length): return EventWindows.sliding(length, slide: length).containing(time)
        case .session(let gap): return [EventWindow(start: time, end: time + gap)]
        case .sliding(let length, let slide):
            let step = slide.wholeMilliseconds
            // Rounded down, also before 1970.
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

    /// Whether windows that touch become one.
    @usableFromInline var isJoining: Bool { if case .session = self { true } else { false } }

    /// What is wrong with the durations, or nil.
    var problem: String? {
        switch self {
        case .tumbling(let length) where length < .milliseconds(1): "a length of \(length.label)"
        case .session(let gap) where gap < .milliseconds(1): "a gap of \(gap.label)"
        case .sliding(let length, let slide) where slide < .milliseconds(1) || length < slide:
            "a length of \(length.label) with a slide of \(slide.label)"
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

/// A key in a window.
public struct WindowedKey<Key: StreamKey>: Hashable, StreamCodable {
    public var window: EventWindow
    public var key: Key

    @inlinable
    public init(window: EventWindow, key: Key) {
        self.window = window
        self.key = key
    }

    public func encode(to writer: inout ByteWriter) {
        window.encode(to: &writer)
        key.encode(to: &writer)
    }
    public static func decode(from reader: inout ByteReader) throws -> WindowedKey<Key> {
        WindowedKey(window: try EventWindow.decode(from: &reader), key: try Key.decode(from: &reader))
    }
    public func precedes(_ other: WindowedKey<Key>) -> Bool {
        window != other.window ? window.precedes(other.window) : key.precedes(other.key)
    }
    public func detached() -> WindowedKey<Key> { WindowedKey(window: window, key: key.detached()) }
}

/// The results of windows of event time, and the records that came too late for them.
public struct EventTimeStreams<Key: StreamKey, Value: Sendable, Element: Sendable>: Sendable {
    /// Windows that the watermark has passed, each once; and again, with the new value, where a late but allowed record
    /// changes one.
    public let results: DStream<(WindowedKey<Key>, Value)>
    @usableFromInline let makeLate: @Sendable () -> DStream<Element>

    @inlinable
    init(results: DStream<(WindowedKey<Key>, Value)>, makeLate: @escaping @Sendable () -> DStream<Element>) {
        self.results = results
        self.makeLate = makeLate
    }

    /// The records all of whose windows were gone when they came.
    public func late() -> DStream<Element> { makeLate() }

    /// See `DStream.named`.
    public func named(_ name: String, version: Int = 0) -> Self {
        _ = results.named(name, version: version)
        return self
    }
}

extension DStream {
    /// Reduces by key over windows of the time that the records carry.
    ///
    /// The watermark follows the latest time seen at a distance of `watermarkDelay`; it never goes back. At the end of each
    /// batch the windows that end at or before it are given. They are kept for `allowedLateness` more; a record that
    /// changes such a window lets it be given again. A record whose windows are all gone goes to `late()`.
    ///
    /// - Parameters:
    ///   - time: when the record happened, in milliseconds since 1970.
    ///   - combine: must be associative and commutative.
    @inlinable
    public func reduceByEventTime<Key: StreamKey, Value: Sendable>(
        _ windows: EventWindows, watermarkDelay: Duration = .zero, allowedLateness: Duration = .zero,
        time: @escaping @Sendable (Element) throws -> BatchTime, key: @escaping @Sendable (Element) throws -> Key,
        value: @escaping @Sendable (Element) throws -> Value,
        combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> EventTimeStreams<Key, Value, Element> {
        let state = EventTimeState<Key, Value, Element>(
            windows: windows, delay: watermarkDelay, lateness: allowedLateness, context: context.context,
            combine: combine)
        checkEventWindows(windows, watermarkDelay, allowedLateness)
        let results: DStream<(WindowedKey<Key>, Value)> = stateNode(
            "reduceByEventTime", detail: "\(windows)", state: state
        ) { rdd, _ in
            let shards = try state.advance(with: rdd, time: time, key: key, value: value)
            return { shard, sink in for pair in shards[shard] { try sink(pair) } }
        }
        return EventTimeStreams(results: results) { results.lateNode(state) }
    }

    @usableFromInline
    func checkEventWindows(_ windows: EventWindows, _ delay: Duration, _ lateness: Duration) {
        let problem =
            windows.problem
            ?? (delay < .zero || lateness < .zero ? "a watermark delay or allowed lateness below zero" : nil)
        if let problem {
            context.graph.add(
                SwiftwaterError(
                    .invalidArgument, problem, at: .init(streamOperator: "reduceByEventTime"),
                    remedy: "use whole milliseconds, a length above zero, and a slide of at most the length"))
        }
    }

    @usableFromInline
    func lateNode<Key: StreamKey, Value: Sendable, Record: Sendable>(
        _ state: EventTimeState<Key, Value, Record>
    ) -> DStream<Record> {
        let parent = node
        return DStream<Record>(
            context: context,
            node: StatefulNode(
                kind: "late", slide: parent.slide, parents: [parent], graph: context.graph, context: context.context,
                partitionCount: 1, state: NoState()
            ) { _ in
                { result in
                    let late = state.late
                    result.fill { _, sink in for element in late { try sink(element) } }
                }
            })
    }
}
