import SwiftwaterCore
import SwiftwaterStreaming

/// What happened to a live source so far.
struct LiveRecord: Sendable {
    private var known: SourceStatus
    private var rate: LineRate

    /// - Parameters:
    ///   - now: the time since 1970, which is shown.
    ///   - elapsed: the time of a clock that is never set, which the rate is measured by.
    init(at now: Duration, elapsed: Duration) {
        known = SourceStatus(.connecting, since: now, place: "")
        rate = LineRate(at: elapsed)
    }

    mutating func opened(at now: Duration) { (known.link, known.since) = (.connected, now) }

    mutating func failed(_ reason: String, isFinal: Bool, at now: Duration) {
        // A source that tries again and again is not connected since the first time.
        if known.link == .connected || isFinal { known.since = now }
        (known.link, known.reason) = (isFinal ? .ended : .waiting, reason)
    }

    mutating func took(_ intake: LiveIntake, repeated: Int, gap: Duration?, at now: Duration, elapsed: Duration) {
        let new = intake.lines.count - repeated
        known.lines += new
        known.repeated += repeated
        known.malformed += intake.malformed
        rate.add(new, at: elapsed)
        if intake.newestTime > 0 { known.delay = now - .microseconds(Int64(clamping: intake.newestTime)) }
        if let gap { missed(gap, at: now) }
    }

    mutating func missed(_ gap: Duration, at now: Duration) {
        known.gaps += 1
        known.gapTime += gap
        known.lastGap = .init(length: gap, found: now)
    }

    /// Returns the status.
    func status(elapsed: Duration, place: String) -> SourceStatus {
        var status = known
        status.place = place
        status.linesPerSecond = rate.perSecond(at: elapsed)
        return status
    }
}
