import SwiftwaterConnectors
import SwiftwaterCore
import Testing

/// The schedules of live connections, without a network.
@Suite struct LinkStateTests {
    private static let seconds = { @Sendable (count: Double) in Duration.milliseconds(Int(count * 1000)) }

    /// Fails a link again and again, at once after each connection, and returns the pauses.
    private func pauses(_ policy: LinkPolicy, _ failure: LinkFailure, _ count: Int) -> [Duration] {
        var now = Duration.seconds(100)
        var link = LinkState(policy, at: now)
        return (0..<count).map { _ in
            #expect(link.step(at: now) == .connect(host: 0))
            let pause = link.failed(failure, at: now, random: 0.9)!
            #expect(link.due == now + pause)
            #expect(pause == .zero || link.step(at: now + pause - .milliseconds(1)) == nil)
            now = now + pause
            return pause
        }
    }

    /// The X API's documentation of consuming streams: "Back off linearly for TCP/IP level network errors", and so on.
    @Test func theScheduleOfXIsAsDocumented() {
        let lost = pauses(.x, .lost("reset"), 70)
        #expect(lost[0] == .zero && lost[1] == .milliseconds(250) && lost[2] == .milliseconds(500))
        #expect(lost[64] == .seconds(16) && lost[69] == .seconds(16))
        let refused = pauses(.x, .refused(status: 503, retryAfter: nil), 9)
        #expect(refused == [5, 10, 20, 40, 80, 160, 320, 320, 320].map(Self.seconds))
        let limited = pauses(.x, .refused(status: 429, retryAfter: nil), 4)
        #expect(limited == [60, 120, 240, 480].map(Self.seconds))
        // What the service asks for counts if it is longer.
        #expect(pauses(.x, .refused(status: 429, retryAfter: .seconds(900)), 1) == [.seconds(900)])
        #expect(pauses(.x, .refused(status: 503, retryAfter: .seconds(2)), 1) == [.seconds(5)])
        var link = LinkState(.x, at: .zero)
        _ = link.step(at: .zero)
        link.opened(at: .zero)
        #expect(link.due == .seconds(20))
    }

    @Test func pausesArePartlyRandom() {
        var policy = LinkPolicy.usual
        var link = LinkState(policy, at: .zero)
        for random in [0, 0.25, 1] {
            link = LinkState(policy, at: .zero)
            _ = link.failed(.lost(""), at: .zero, random: random)
            _ = link.failed(.lost(""), at: .zero, random: random)
            #expect(link.failed(.lost(""), at: .zero, random: random) == .seconds(2) * (1 - 0.5 * random))
        }
        policy.jitter = 0
        #expect(pauses(policy, .lost(""), 8) == [0, 1, 2, 4, 8, 16, 32, 60].map(Self.seconds))
    }

    @Test func silenceClosesAConnection() {
        var link = LinkState(.x, at: .zero)
        #expect(link.step(at: .zero) == .connect(host: 0))
        #expect(link.step(at: .seconds(19)) == nil)
        #expect(link.step(at: .seconds(20)) == .close("no answer for 20 s"))
        _ = link.failed(.lost(""), at: .seconds(20), random: 0)
        #expect(link.step(at: .seconds(20)) == .connect(host: 0))
        link.opened(at: .seconds(21))
        link.heard(at: .seconds(30))
        // A clock may not go back, but a late report may.
        link.heard(at: .seconds(25))
        #expect(link.due == .seconds(50) && link.step(at: .seconds(49)) == nil)
        #expect(link.step(at: .seconds(50)) == .close("nothing came for 20 s"))
    }

    /// Failures count in a row until something is heard; that a service accepts a connection is not enough.
    @Test func whatIsHeardEndsTheRow() {
        var link = LinkState(.x, at: .zero)
        func fail(opening: Bool, hearing: Bool) -> Duration? {
            let now = link.due!
            _ = link.step(at: now)
            if opening { link.opened(at: now) }
            if hearing { link.heard(at: now) }
            return link.failed(.refused(status: 503, retryAfter: nil), at: now, random: 0)
        }
        #expect(fail(opening: false, hearing: false) == .seconds(5))
        #expect(fail(opening: true, hearing: false) == .seconds(10))
        #expect(fail(opening: true, hearing: true) == .seconds(5))
    }

    @Test func theNextHostIsTakenAfterTheFirstTry() {
        var link = LinkState(.usual, hosts: 2, at: .zero)
        var hosts: [Int] = []
        for _ in 0..<4 {
            let now = link.due!
            if case .connect(let host) = link.step(at: now) { hosts.append(host) }
            _ = link.failed(.lost(""), at: now, random: 0)
        }
        #expect(hosts == [0, 0, 1, 0])
    }

    @Test func aFinalFailureEndsIt() {
        var link = LinkState(.usual, at: .zero)
        _ = link.step(at: .zero)
        let error = SwiftwaterError(.denied, "no")
        #expect(link.failed(.final(error), at: .zero, random: 0) == nil)
        guard case .ended(let ended) = link.phase else { return _ = Issue.record("\(link.phase)") }
        #expect(ended.message == "no" && link.due == nil && link.step(at: .seconds(1000)) == nil)
        #expect(link.failed(.lost(""), at: .seconds(1), random: 0) == nil)
    }
}
