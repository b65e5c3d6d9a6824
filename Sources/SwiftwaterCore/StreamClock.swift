#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The clock that batches follow. Engine code reads time only through this.
public protocol StreamClock: Sendable {
    func now() -> BatchTime
    /// Time since 1970 as exactly as the clock knows it, for measuring.
    func instant() -> Duration
    /// Waits until the clock shows `time` or later, or `isInterrupted` says so. That is asked at the beginning and after
    /// every `wake()`, and never misses one.
    func wait(until time: BatchTime, orUntil isInterrupted: () -> Bool)
    /// Lets every waiter ask again whether it is interrupted.
    func wake()
}

extension StreamClock {
    public func instant() -> Duration { .milliseconds(now().milliseconds) }
}

/// The clock of the machine.
public final class SystemClock: StreamClock {
    private let wakes = Monitor(())

    public init() {}

    public func now() -> BatchTime { BatchTime(milliseconds: instant().wholeMilliseconds) }

    public func instant() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    public func wait(until time: BatchTime, orUntil isInterrupted: () -> Bool) {
        let left = .milliseconds(time.milliseconds) - instant()
        guard left > .zero else { return }
        _ = wakes.wait(atMost: left) { _ in isInterrupted() ? () : nil }
    }

    public func wake() { wakes.update { _ in } }
}

/// A clock that a test moves. Waits end when it is moved far enough, so nothing sleeps.
public final class ManualClock: StreamClock {
    private let time: Monitor<BatchTime>

    public init(at time: BatchTime = BatchTime(milliseconds: 0)) { self.time = Monitor(time) }

    public func now() -> BatchTime { time.read { $0 } }

    public func wait(until wanted: BatchTime, orUntil isInterrupted: () -> Bool) {
        time.wait { $0 >= wanted || isInterrupted() ? () : nil }
    }

    public func wake() { time.update { _ in } }

    public func advance(by duration: Duration) { time.update { $0 = $0 + duration } }
    /// Sets the clock, also back.
    public func set(to wanted: BatchTime) { time.update { $0 = wanted } }
    public func advance(to wanted: BatchTime) { time.update { $0 = max($0, wanted) } }
}
