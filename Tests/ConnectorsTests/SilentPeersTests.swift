import Foundation
import Logging
import NIOCore
import NIOPosix
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

@Suite struct SilentPeersTests {
    /// Connections that say nothing do not keep a sender out, however many there are.
    @Test func silentConnectionsGiveUpTheirPlaces() async throws {
        let messages = Collected<String>()
        var logger = Logger(label: "tests", factory: { _ in CollectingLog(messages) })
        logger.logLevel = .warning
        let receiver = AcknowledgedReceiver(.listen(host: "127.0.0.1", port: 0), logger: logger)
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "tests", logger: logger), batchInterval: .milliseconds(50))
        let lines = Collected<String>()
        context.receiverStream(receiver).forEachBatch { rdd, _ in
            for line in try rdd.collect() { lines.append(String(line)) }
        }
        try await context.start()
        let port = try #require(receiver.port)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var silent: [any Channel] = []
        for _ in 0..<AcknowledgedReceiver.connectionsMax + 20 {
            silent.append(try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get())
        }
        var settings = AcknowledgedSender.Settings()
        (settings.port, settings.connects) = (port, true)
        let sender = try AcknowledgedSender(settings)
        for number in 0..<100 { try sender.send("line \(number)") }
        #expect(sender.close(patience: .seconds(30)) == 0)
        for channel in silent { try? await channel.close() }
        try await context.stop(gracefully: true)
        try await group.shutdownGracefully()
        #expect(lines.all == (0..<100).map { "line \($0)" })
        #expect(messages.all.filter { $0.contains("too many connections") }.count == 1, "\(messages.all)")
    }
}

/// Collects the messages of a log.
private struct CollectingLog: LogHandler {
    private let messages: Collected<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ messages: Collected<String>) { self.messages = messages }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { messages.append("\(event.message)") }
}
