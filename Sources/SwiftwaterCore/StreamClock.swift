import SwiftwaterPlatform

/// The clock that drives batches. Engine code reads time only through this protocol.
public protocol StreamClock: Sendable {
    /// Returns the current time.
    func now() -> BatchTime
    /// Returns the time since 1970 at the clock's full resolution.
    func instant() -> Duration
    /// Returns the time since a fixed point in the past. It never goes backward, even if the date is changed. For
    /// measurements and timeouts.
    func elapsed() -> Duration
    /// Waits until the clock shows `time` or later, or `isInterrupted` returns true. `isInterrupted` is called at the
    /// start and after every `wake()`; no wake is missed.
    func wait(until time: BatchTime, orUntil isInterrupted: () -> Bool)
    /// Makes every waiter check again whether it is interrupted.
    func wake()
}

extension StreamClock {
    /// Returns `now()` as the time since 1970.
    public func instant() -> Duration { .milliseconds(now().milliseconds) }
    /// Returns `instant()`, for clocks that only tests set back.
    public func elapsed() -> Duration { instant() }
}

/// The system's real-time clock.
public final class SystemClock: StreamClock {
    private let wakes = Monitor(())

    /// Creates a clock.
    public init() {}

    /// Returns the current time in whole milliseconds.
    public func now() -> BatchTime { BatchTime(milliseconds: instant().wholeMilliseconds) }

    /// Returns the time since 1970, in nanoseconds where the system has them.
    public func instant() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// Returns the time of the system's monotonic clock, which goes on while the machine sleeps.
    public func elapsed() -> Duration {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// Sleeps until `time`, or until a `wake()` after which `isInterrupted` returns true.
    public func wait(until time: BatchTime, orUntil isInterrupted: () -> Bool) {
        let left = .milliseconds(time.milliseconds) - instant()
        guard left > .zero else { return }
        _ = wakes.wait(atMost: left) { _ in isInterrupted() ? () : nil }
    }

    /// Makes every waiter check again whether it is interrupted.
    public func wake() { wakes.update { _ in } }
}

/// A clock that a test moves. Waits end when it is moved far enough, so nothing sleeps.
public final class ManualClock: StreamClock {
    private let time: Monitor<BatchTime>

    /// Creates a clock that shows `time`.
    public init(at time: BatchTime = BatchTime(milliseconds: 0)) { self.time = Monitor(time) }

    /// Returns the time last set.
    public func now() -> BatchTime { time.read { $0 } }

    /// Waits until the clock is moved to `wanted` or later, or `isInterrupted` returns true.
    public func wait(until wanted: BatchTime, orUntil isInterrupted: () -> Bool) {
        time.wait { $0 >= wanted || isInterrupted() ? () : nil }
    }

    /// Makes every waiter check again whether it is interrupted.
    public func wake() { time.update { _ in } }

    /// Moves the clock by `duration`.
    public func advance(by duration: Duration) { time.update { $0 = $0 + duration } }
    /// Sets the clock, forward or backward.
    public func set(to wanted: BatchTime) { time.update { $0 = wanted } }
    /// Moves the clock forward to `wanted`; never backward.
    public func advance(to wanted: BatchTime) { time.update { $0 = max($0, wanted) } }
}
