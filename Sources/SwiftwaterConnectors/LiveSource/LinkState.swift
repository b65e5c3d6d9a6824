import SwiftwaterCore

/// The connection to a live service, as a value: it is told what happens and when, and says what to do. It neither
/// connects nor waits, so that every schedule can be tested without a network.
///
///     waiting --(time)--> connecting --answered--> open --heard--> open
///        ^                    |                      |
///        +------ failed, or nothing for too long ----+
package struct LinkState: Sendable {
    /// Where the connection is.
    package enum Phase: Sendable {
        /// It is made at this time.
        case waiting(until: Duration)
        case connecting(since: Duration)
        case open(since: Duration)
        /// It is not made again.
        case ended(SwiftwaterError)
    }

    /// What to do.
    package enum Step: Sendable, Equatable {
        /// Connect to the host of this number.
        case connect(host: Int)
        /// Close the connection: nothing came for too long.
        case close(String)
    }

    package private(set) var phase: Phase
    /// Failures in a row, by their kind; none after something was heard.
    private var lost = 0
    private var refused = 0
    private var limited = 0
    private let policy: LinkPolicy
    private let hosts: Int
    private var host = 0
    private var heardAt: Duration = .zero
    /// Whether something came over this connection.
    private var hasHeard = false

    /// Creates the state of a connection that is made at once.
    ///
    /// - Parameter hosts: the number of hosts that give the same; after a failure it is the next one's turn.
    package init(_ policy: LinkPolicy, hosts: Int = 1, at now: Duration) {
        precondition(hosts > 0)
        (self.policy, self.hosts, phase) = (policy, hosts, .waiting(until: now))
    }

    /// When `step(at:)` has something to do; nil if never again.
    package var due: Duration? {
        switch phase {
        case .waiting(let time): time
        case .connecting(let since): since + policy.connecting
        case .open: heardAt + policy.silence
        case .ended: nil
        }
    }

    /// Returns what to do now, if anything.
    package mutating func step(at now: Duration) -> Step? {
        guard let due, due <= now else { return nil }
        switch phase {
        case .waiting:
            phase = .connecting(since: now)
            hasHeard = false
            return .connect(host: host)
        case .connecting: return .close("no answer for \(policy.connecting.label)")
        case .open: return .close("nothing came for \(policy.silence.label)")
        case .ended: return nil
        }
    }

    /// The service accepted the connection.
    package mutating func opened(at now: Duration) {
        guard case .connecting = phase else { return }
        phase = .open(since: now)
        heardAt = now
    }

    /// Bytes came: also heartbeats.
    package mutating func heard(at now: Duration) {
        guard case .open = phase else { return }
        heardAt = max(heardAt, now)
        guard !hasHeard else { return }
        // A service that accepts and sends nothing has not been reached yet.
        hasHeard = true
        (lost, refused, limited) = (0, 0, 0)
    }

    /// The connection failed. Returns the pause before the next one; nil if there is none.
    ///
    /// - Parameter random: from 0 to 1.
    package mutating func failed(_ failure: LinkFailure, at now: Duration, random: Double) -> Duration? {
        if case .ended = phase { return nil }
        var pause: Duration
        var least: Duration = .zero
        switch failure {
        case .final(let error):
            phase = .ended(error)
            return nil
        case .lost:
            lost += 1
            pause = policy.lost.pause(afterFailures: lost)
        case .refused(let status, let retryAfter):
            least = retryAfter ?? .zero
            if status == 429 || status == 420 {
                limited += 1
                pause = policy.limited.pause(afterFailures: limited)
            } else {
                refused += 1
                pause = policy.refused.pause(afterFailures: refused)
            }
        }
        if lost > 1 || refused + limited > 0 { host = (host + 1) % hosts }
        pause = max(least, pause * (1 - policy.jitter * random))
        phase = .waiting(until: now + pause)
        return pause
    }
}
