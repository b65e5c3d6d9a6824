import ArgumentParser
import Swiftwater

/// The times at which posts are due, at a given rate.
struct Pace {
    private let stop: RelayStop
    private let interval: Duration?
    private let clock: any StreamClock = SystemClock()
    private let start: Duration
    private var sent = 0

    init(postsPerSecond: Double?, stop: RelayStop) {
        self.stop = stop
        interval = postsPerSecond.map { .seconds(1 / $0) }
        start = clock.elapsed()
    }

    /// Waits until the next post is due. Calls `before` before it waits.
    mutating func wait(_ before: () -> Void) {
        defer { sent += 1 }
        guard let interval else { return }
        let due = start + interval * sent
        guard due > clock.elapsed() else { return }
        before()
        stop.pause(due - clock.elapsed())
    }
}

/// Sends lines at a given rate, or in chunks of about 64 KiB if there is none.
struct PacedSender {
    private let server: TextServer
    private var pace: Pace
    private var pending: [UInt8] = []

    init(server: TextServer, postsPerSecond: Double?, stop: RelayStop = RelayStop()) {
        self.server = server
        pace = Pace(postsPerSecond: postsPerSecond, stop: stop)
    }

    mutating func send(_ line: String) {
        var pace = pace
        pace.wait { flush() }
        self.pace = pace
        pending.append(contentsOf: line.utf8)
        pending.append(0x0A)
        if pending.count >= 65536 { flush() }
    }

    mutating func flush() {
        server.send(pending)
        pending.removeAll(keepingCapacity: true)
    }
}
