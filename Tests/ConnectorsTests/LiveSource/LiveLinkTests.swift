import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import SwiftwaterTesting
import Testing

/// What joins the state of a link with its connections, on a manual clock and without a network.
@Suite struct LiveLinkTests {
    /// A service whose request fails when the test says so.
    private final class Forgetful: LiveService {
        let fails = Monitor(false)
        private let real = JetstreamService(policy: .x)
        var name: String { "forgetful" }
        var hosts: [String] { ["one"] }
        var policy: LinkPolicy { .x }
        var keySpan: UInt64 { 0 }
        var replayed: UInt64 { 0 }
        var access: String { "" }
        func makeReader() -> any LiveReader { real.makeReader() }
        func request(host: Int, after position: UInt64?) throws -> LiveRequest {
            if fails.read({ $0 }) { throw SwiftwaterError(.denied, "no token") }
            return real.request(host: host, after: position)
        }
    }

    private struct Nowhere: LiveLines {
        var position: UInt64 { 0 }
        var hasRoom: Bool { true }
        func take(_ lines: KeyedLines) -> Int { 0 }
        func whenRoom(_ body: @escaping @Sendable () -> Void) { body() }
        func fail(_ error: SwiftwaterError) {}
    }

    /// A service that cannot be asked now, after it worked, is asked again after the pause of its policy.
    @Test func whatCannotBeAskedIsAskedAgain() {
        let clock = ManualClock(at: BatchTime(milliseconds: 10_000))
        let transport = ScriptedTransport(clock)
        let service = Forgetful()
        let link = LiveLink(service, into: Nowhere(), over: transport, clock: clock, random: { 0 })
        link.start()
        transport.run()
        transport.tell(.opened)
        transport.tell(.heard)
        service.fails.update { $0 = true }
        transport.tell(.closed("over"))
        transport.run()
        #expect(link.status.link == .waiting && transport.state.read { $0.connections } == 1)
        service.fails.update { $0 = false }
        clock.advance(by: .milliseconds(4999))
        transport.run()
        #expect(transport.state.read { $0.connections } == 1)
        clock.advance(by: .milliseconds(1))
        transport.run()
        #expect(transport.state.read { $0.connections } == 2)
        link.stop()
    }

    /// However often a connection is made again, one thing is awaited at a time: what was awaited before ends when it is
    /// due.
    @Test func aThousandConnectionsLeaveNoTimers() {
        let clock = ManualClock(at: BatchTime(milliseconds: 10_000))
        let transport = ScriptedTransport(clock)
        let link = LiveLink(
            JetstreamService(policy: .x), into: Nowhere(), over: transport, clock: clock, random: { 0.5 })
        link.start()
        for number in 1...1000 {
            transport.run()
            #expect(transport.state.read { $0.connections } == number)
            transport.tell(.opened)
            transport.tell(.heard)
            clock.advance(by: .seconds(1))
            transport.tell(.closed("over"))
        }
        transport.run()
        transport.tell(.opened)
        // Those of the last 20 seconds, three of each connection.
        #expect(transport.state.read { $0.waiting.count } <= 80)
        for _ in 0..<30 {
            clock.advance(by: .seconds(1))
            transport.tell(.heard)
            transport.run()
        }
        #expect(transport.state.read { $0.waiting.count } == 1)
        #expect(transport.state.read { $0.connections } == 1001 && link.status.link == .connected)
        link.stop()
    }
}
