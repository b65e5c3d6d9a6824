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
    /// Waits until the clock shows `time` or later, or until `wake()`.
    func wait(until time: BatchTime)
    /// Ends every wait at once; the waiter looks at its own state and may wait again.
    func wake()
}

/// The clock of the machine.
public final class SystemClock: StreamClock {
    private let wakes = Monitor(0)

    public init() {}

    public func now() -> BatchTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return BatchTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    public func wait(until time: BatchTime) {
        let before = wakes.read { $0 }
        let left = time - now()
        guard left > .zero else { return }
        _ = wakes.wait(atMost: left) { $0 == before ? nil : () }
    }

    public func wake() { wakes.update { $0 += 1 } }
}

/// A clock that a test moves. Waits end when it is moved far enough, so nothing sleeps.
public final class ManualClock: StreamClock {
    private let state: Monitor<(time: BatchTime, wakes: Int)>

    public init(at time: BatchTime = BatchTime(milliseconds: 0)) { state = Monitor((time, 0)) }

    public func now() -> BatchTime { state.read { $0.time } }

    public func wait(until time: BatchTime) {
        let before = state.read { $0.wakes }
        state.wait { $0.time >= time || $0.wakes != before ? () : nil }
    }

    public func wake() { state.update { $0.wakes += 1 } }

    public func advance(by duration: Duration) { state.update { $0.time = $0.time + duration } }
    public func advance(to time: BatchTime) { state.update { $0.time = max($0.time, time) } }
}
