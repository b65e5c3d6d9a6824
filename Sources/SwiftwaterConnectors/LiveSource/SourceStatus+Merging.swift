import SwiftwaterCore
import SwiftwaterStreaming

extension SourceStatus {
    /// Returns one status for links that together are a source: it is connected if all are. Nil if there are none.
    init?(merging all: [SourceStatus]) {
        guard let worst = all.first(where: { $0.link != .connected }) ?? all.first else { return nil }
        self = worst
        guard all.count > 1 else { return }
        place = all.map(\.place).joined(separator: ", ")
        reason = worst.link == .connected ? nil : worst.reason.map { "\(worst.place): \($0)" }
        lines = all.reduce(0) { $0 + $1.lines }
        repeated = all.reduce(0) { $0 + $1.repeated }
        malformed = all.reduce(0) { $0 + $1.malformed }
        linesPerSecond = all.reduce(0) { $0 + $1.linesPerSecond }
        delay = all.compactMap(\.delay).max()
        gaps = all.reduce(0) { $0 + $1.gaps }
        gapTime = all.reduce(.zero) { $0 + $1.gapTime }
        lastGap = all.compactMap(\.lastGap).max { $0.found < $1.found }
    }
}
