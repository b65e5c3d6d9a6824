import SwiftwaterCore
import SwiftwaterStreaming

/// What happened to a live source so far.
struct LiveRecord: Sendable {
    /// The time over which lines a second are counted.
    private static let span = 10

    private var known: SourceStatus
    /// Lines by the second in which they came, modulo `span`.
    private var recent = [(second: Int64, lines: Int)](repeating: (-1, 0), count: LiveRecord.span)
    private let began: Duration

    init(at now: Duration) {
        known = SourceStatus(.connecting, since: now, place: "")
        began = now
    }

    mutating func opened(at now: Duration) { (known.link, known.since) = (.connected, now) }

    mutating func failed(_ reason: String, isFinal: Bool, at now: Duration) {
        // A source that tries again and again is not connected since the first time.
        if known.link == .connected || isFinal { known.since = now }
        (known.link, known.reason) = (isFinal ? .ended : .waiting, reason)
    }

    mutating func took(_ intake: LiveIntake, repeated: Int, gap: Duration?, at now: Duration) {
        let new = intake.lines.count - repeated
        known.lines += new
        known.repeated += repeated
        known.malformed += intake.malformed
        let second = now.components.seconds
        let place = Int(second % Int64(LiveRecord.span))
        if recent[place].second != second { recent[place] = (second, 0) }
        recent[place].lines += new
        if intake.newestTime > 0 { known.delay = now - .microseconds(Int64(clamping: intake.newestTime)) }
        if let gap { missed(gap, at: now) }
    }

    mutating func missed(_ gap: Duration, at now: Duration) {
        known.gaps += 1
        known.gapTime += gap
        known.lastGap = .init(length: gap, found: now)
    }

    /// Returns the status.
    func status(at now: Duration, place: String) -> SourceStatus {
        var status = known
        status.place = place
        // The running second is not over yet.
        let second = now.components.seconds
        let counted = recent.filter { $0.second >= second - Int64(LiveRecord.span - 1) && $0.second < second }
        let seconds = min(Int64(LiveRecord.span - 1), second - began.components.seconds)
        status.linesPerSecond = seconds > 0 ? Double(counted.reduce(0) { $0 + $1.lines }) / Double(seconds) : 0
        return status
    }
}
