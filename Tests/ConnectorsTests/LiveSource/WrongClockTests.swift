import LiveTestSupport
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import SwiftwaterTesting
import Testing

/// Live sources on a machine whose date is wrong, or is set while they are connected: posts come, the connection is
/// watched as before, the position is the service's, and no gap is made up.
@Suite struct WrongClockTests {
    /// A clock whose date is set apart from what has passed.
    private final class SetClock: StreamClock {
        private let passed = ManualClock()
        private let base: Monitor<Int64>
        init(at milliseconds: Int64) { base = Monitor(milliseconds) }
        func now() -> BatchTime { BatchTime(milliseconds: base.read { $0 } + passed.now().milliseconds) }
        func elapsed() -> Duration { passed.elapsed() }
        func wait(until time: BatchTime, orUntil isInterrupted: () -> Bool) {}
        func wake() {}
        func advance(by duration: Duration) { passed.advance(by: duration) }
        func setDate(by seconds: Int64) { base.update { $0 += seconds * 1000 } }
    }

    private static let year: Int64 = 365 * 86_400
    private static let shifts = [-year, -3600, -5, 0, 5, 3600, year]

    private func tell(_ transport: ScriptedTransport, _ text: String) {
        Array(text.utf8).withUnsafeBytes { transport.tell(.bytes($0)) }
        transport.tell(.paused)
    }

    /// Events that come 20 ms after one another, as their times say.
    private func send(_ numbers: Range<Int>, _ transport: ScriptedTransport, _ clock: SetClock) {
        for number in numbers {
            clock.advance(by: .milliseconds(20))
            tell(transport, JetstreamEvents.post(number))
        }
    }

    /// The date is set while posts come, and while the connection is made again.
    @Test(arguments: shifts, shifts) func theDateIsSet(open: Int64, away: Int64) throws {
        let clock = SetClock(at: Int64(JetstreamEvents.time(0) / 1000))
        let (transport, heard) = (ScriptedTransport(clock), HeardLines())
        let service = JetstreamService(policy: .usual)
        let link = LiveLink(service, into: heard, over: transport, clock: clock, random: { 0 })
        link.start()
        transport.run()
        transport.tell(.opened)
        send(0..<500, transport, clock)
        clock.setDate(by: open)
        transport.run()
        send(500..<1000, transport, clock)
        transport.run()
        #expect(link.status.link == .connected && abs(link.status.linesPerSecond - 50) < 2, "\(link.status)")
        // The watch on a silent connection does not depend on the date.
        clock.advance(by: service.policy.silence - .milliseconds(1))
        transport.run()
        #expect(link.status.link == .connected && transport.state.read { $0.connections } == 1)
        clock.advance(by: .milliseconds(1))
        transport.run()
        #expect(link.status.reason == "nothing came for \(service.policy.silence.label)")
        clock.setDate(by: away)
        clock.advance(by: service.policy.lost.pause(afterFailures: 1))
        transport.run()
        #expect(transport.state.read { $0.connections } == 2)
        let cursor = JetstreamEvents.time(999) - Int(JetstreamService.overlap)
        #expect(transport.state.read { $0.requests[1].target.contains("cursor=\(cursor)") })
        transport.tell(.opened)
        send(990..<1500, transport, clock)
        #expect(heard.all == (0..<1500).map { JetstreamEvents.post($0) })
        #expect(heard.position == UInt64(JetstreamEvents.time(1499)))
        #expect(link.status.gaps == 0 && link.status.repeated == 10 && link.status.lines == 1500, "\(link.status)")
        link.stop()
    }

    /// The date is wrong from the start, so that every event seems to come from the future, or from long ago.
    @Test(arguments: shifts) func theDateIsWrong(by shift: Int64) throws {
        let clock = SetClock(at: Int64(JetstreamEvents.time(0) / 1000) + shift * 1000)
        let (transport, heard) = (ScriptedTransport(clock), HeardLines())
        let link = LiveLink(JetstreamService(policy: .usual), into: heard, over: transport, clock: clock, random: { 0 })
        link.start()
        transport.run()
        transport.tell(.opened)
        send(0..<3, transport, clock)
        transport.tell(.closed("over"))
        clock.advance(by: .seconds(60))
        transport.run()
        let cursor = JetstreamEvents.time(2) - Int(JetstreamService.overlap)
        #expect(transport.state.read { $0.requests.last!.target.contains("cursor=\(cursor)") })
        transport.tell(.opened)
        send(0..<6, transport, clock)
        #expect(heard.all == (0..<6).map { JetstreamEvents.post($0) } && link.status.gaps == 0)
        link.stop()
    }

    /// A service that does not go on where it was leaves out what was posted meanwhile: as long as the connection was away,
    /// whatever the date says.
    @Test(arguments: shifts, shifts) func aGapIsAsLongAsItWas(open: Int64, away: Int64) throws {
        let clock = SetClock(at: Int64(JetstreamEvents.time(0) / 1000))
        let (transport, heard) = (ScriptedTransport(clock), HeardLines())
        let service = MastodonService(host: "a.example", target: "/api/v1/streaming/public", policy: .usual)
        let link = LiveLink(service, into: heard, over: transport, clock: clock, random: { 0 })
        link.start()
        transport.run()
        transport.tell(.opened)
        tell(transport, "event: delete\ndata: 1\n\n")
        clock.setDate(by: open)
        clock.advance(by: .seconds(5))
        tell(transport, "event: delete\ndata: 2\n\n")
        transport.tell(.closed("over"))
        clock.setDate(by: away)
        clock.advance(by: .seconds(7))
        transport.run()
        transport.tell(.opened)
        tell(transport, "event: delete\ndata: 3\n\n")
        #expect(heard.all.count == 3 && transport.state.read { $0.connections } == 2)
        #expect(link.status.gaps == 1 && link.status.gapTime == .seconds(7), "\(link.status)")
        link.stop()
    }
}
