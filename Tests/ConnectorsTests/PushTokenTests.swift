import Logging
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

@Suite struct PushTokenTests {
    private func sender(_ port: Int, _ token: Secret?) throws -> AcknowledgedSender {
        try AcknowledgedSender(.init(name: "test", port: port, connects: true, token: token))
    }

    /// Only senders that show the token are heard, and the others are told.
    @Test func sendersShowTheToken() async throws {
        let receiver = AcknowledgedReceiver(.listen(host: "127.0.0.1", port: 0), token: "right")
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "tests"), batchInterval: .milliseconds(50))
        let lines = Collected<String>()
        context.receiverStream(receiver).forEachBatch { rdd, _ in
            for line in try rdd.collect() { lines.append(String(line)) }
        }
        try await context.start()
        let port = try #require(receiver.port)
        for wrong: Secret? in [nil, "wrong", "righ", "right2", ""] {
            let sender = try sender(port, wrong)
            let error = #expect(throws: SwiftwaterError.self) { while true { try sender.send("a line") } }
            #expect(error?.setting == .token, "\(String(describing: error))")
            sender.close(patience: .zero)
        }
        let allowed = try sender(port, "right")
        for number in 0..<100 { try allowed.send("line \(number)") }
        #expect(allowed.close(patience: .seconds(60)) == 0)
        try await context.stop(gracefully: true)
        #expect(lines.all == (0..<100).map { "line \($0)" })
    }

    /// A receiver without a token takes senders that have one, and one without does not listen to other machines.
    @Test func reachableAddressesNeedAToken() async throws {
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "tests"), batchInterval: .milliseconds(50))
        context.pushedTextStream(host: "0.0.0.0", port: 0).forEachBatch { _, _ in }
        let error = await #expect(throws: SwiftwaterError.self) { try await context.start() }
        #expect(error?.code == .invalidArgument && error?.setting == .token, "\(String(describing: error))")

        let receiver = AcknowledgedReceiver(.listen(host: "127.0.0.1", port: 0))
        let open = StreamingContext(
            Context(master: .local(threads: 1), appName: "tests"), batchInterval: .milliseconds(50))
        open.receiverStream(receiver).forEachBatch { _, _ in }
        try await open.start()
        let sender = try sender(try #require(receiver.port), "unasked")
        try sender.send("a line")
        #expect(sender.close(patience: .seconds(60)) == 0)
        try await open.stop(gracefully: true)
    }
}
