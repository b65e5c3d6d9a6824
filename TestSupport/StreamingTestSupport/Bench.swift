import Logging
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport

/// A streaming context on a manual clock.
public struct Bench: Sendable {
    /// The clock, which starts at 10 s.
    public let clock: ManualClock
    /// The context.
    public let context: StreamingContext
    /// What `print` wrote.
    public let printed = Collected<String>()

    /// Creates a context that logs nothing.
    public init(
        batch: Duration = .seconds(1), threads: Int = 2,
        clock: ManualClock = ManualClock(at: BatchTime(milliseconds: 10_000)),
        settings change: (inout StreamSettings) -> Void = { _ in }
    ) {
        self.clock = clock
        var settings = StreamSettings()
        change(&settings)
        var logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let printed = printed
        context = StreamingContext(
            Context(master: .local(threads: threads), appName: "tests", logger: logger), batchInterval: batch,
            settings: settings, clock: clock,
            write: { printed.append($0) })
    }

    /// Runs this many batches, and returns when they are done.
    public func run(batches: Int) async throws {
        try await context.start()
        for batch in 1...batches {
            clock.advance(by: context.batchInterval)
            context.waitUntilCompleted(context.zeroTime + context.batchInterval * batch)
        }
        try await context.stop()
    }
}
