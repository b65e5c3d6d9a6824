import Logging
import SwiftwaterCore
import SwiftwaterStreaming

/// Checks that a connector keeps the promises of its protocol. Each check returns descriptions of the broken promises,
/// and an empty array if all are kept. For tests of the connectors here and of your own.
public enum ConnectorChecks {
    /// Checks the promises of `TableSink`.
    ///
    /// - Parameters:
    ///   - make: Opens the same place each time; called twice.
    ///   - rowCount: Returns the number of stored rows of a batch, read by other means than the sink.
    public static func sink(
        make: () throws -> any TableSink, rowCount: (_ output: String, BatchTime) throws -> Int
    ) throws -> [String] {
        var broken: [String] = []
        func check(_ holds: Bool, _ promise: String) { if !holds { broken.append(promise) } }
        let columns = ["key", "count", "share"]
        func batch(_ seconds: Int64, rows: Int) -> SinkBatch {
            SinkBatch(
                time: BatchTime(milliseconds: seconds * 1000), columns: columns,
                rows: (0..<rows).map { [.text("key, \"\($0)\"\té"), .integer($0), $0 == 0 ? .null : .real(0.5)] })
        }
        let (first, second, empty) = (batch(1, rows: 3), batch(2, rows: 2), batch(3, rows: 0))
        var sink = try make()
        for output in ["left", "right/ö"] { try sink.open(output: output, columns: columns) }
        check(try sink.lastCommitted(output: "left") == nil, "3: a sink without batches has no last batch")
        check(try !sink.isCommitted(output: "left", first.time), "3: a batch that was not committed is not stored")
        try sink.commit(output: "left", first)
        try sink.commit(output: "right/ö", second)
        try sink.commit(output: "left", empty)
        check(try rowCount("left", first.time) == 3, "1: a committed batch has all its rows")
        check(try !sink.isCommitted(output: "right/ö", first.time), "4: outputs do not share batches")
        sink = try make()
        for output in ["left", "right/ö"] { try sink.open(output: output, columns: columns) }
        check(try sink.isCommitted(output: "left", first.time), "2: a committed batch stays committed")
        check(try sink.isCommitted(output: "left", empty.time), "3: a batch without rows is recorded as committed")
        check(try sink.lastCommitted(output: "left") == empty.time, "3: a later process knows the last batch")
        check(try sink.lastCommitted(output: "right/ö") == second.time, "4: each output has its own last batch")
        try sink.commit(output: "left", batch(1, rows: 1))
        check(try rowCount("left", first.time) == 3, "3: committing a batch again changes nothing")
        return broken
    }

    /// Checks the promises of `ReplayableSource`.
    ///
    /// - Parameters:
    ///   - make: Creates a source of the same place each time; called several times.
    ///   - feed: Makes these lines available to the source.
    public static func replayable<Source: ReplayableSource>(
        make: () throws -> Source, feed: (_ lines: [String]) throws -> Void
    ) throws -> [String] {
        var broken: [String] = []
        func check(_ holds: Bool, _ promise: String) { if !holds { broken.append(promise) } }
        func lines(_ source: Source, _ range: Source.Range) throws -> [String] {
            var lines: [String] = []
            for partition in try source.partitions(of: range) {
                try partition { block in block.forEachLine { lines.append(String($0)) } }
            }
            return lines
        }
        // A service may need a moment.
        func next(_ source: Source, maxBytes: Int) throws -> Source.Range? {
            let deadline = SystemClock().elapsed() + .seconds(30)
            while SystemClock().elapsed() < deadline {
                if let range = try source.next(maxBytes: maxBytes) { return range }
                SystemClock().wait(until: SystemClock().now() + .milliseconds(20)) { false }
            }
            return nil
        }
        let source = try make()
        try source.start(at: nil)
        check(try source.next(maxBytes: 1 << 20) == nil, "3: if there is nothing new, next returns nil")
        try feed(["one", "two", "", "drei é"])
        guard let first = try next(source, maxBytes: 1 << 20) else { return broken + ["2: new data is returned"] }
        let firstLines = try lines(source, first)
        check(firstLines == ["one", "two", "", "drei é"], "2: a range holds the new lines in order")
        check(try lines(source, first) == firstLines, "1: a range is the same when it is read again")
        let position = source.position
        try feed(["four"])
        guard let second = try next(source, maxBytes: 1) else { return broken + ["2: at least one piece is returned"] }
        check(try lines(source, second) == ["four"], "2: ranges do not overlap")
        source.stop()
        var writer = ByteWriter()
        first.encode(to: &writer)
        position.encode(to: &writer)
        var reader = ByteReader(writer.bytes)
        let again = try make()
        let stored = try Source.Range.decode(from: &reader)
        try again.start(at: try Source.Position.decode(from: &reader))
        check(try lines(again, stored) == firstLines, "1: a stored range is the same in a later process")
        try again.skip(second)
        check(try again.next(maxBytes: 1 << 20) == nil, "4: a skipped range is not returned again")
        try feed(["five"])
        let third = try next(again, maxBytes: 1 << 20)
        check(try third.map { try lines(again, $0) } == ["five"], "4: the source continues after a skipped range")
        again.stop()
        return broken
    }

    /// Checks promises 1, 2, and 5 of `TextReceiver` through a stream.
    ///
    /// - Parameters:
    ///   - stream: Creates the receiver's stream in a context.
    ///   - send: Sends this text to the receiver; `ends` says whether the connection ends after it.
    public static func receiver(
        stream: (StreamingContext) -> DStream<Text>, send: (_ text: String, _ ends: Bool) throws -> Void
    ) async throws -> [String] {
        var broken: [String] = []
        for life in 1...2 {
            var logger = Logger(label: "checks", factory: { _ in SwiftLogNoOpLogHandler() })
            logger.logLevel = .critical
            let clock = ManualClock(at: BatchTime(milliseconds: 1000))
            let context = StreamingContext(
                Context(master: .local(threads: 1), appName: "checks", logger: logger), batchInterval: .seconds(1),
                clock: clock)
            let lines = Monitor<[String]>([])
            stream(context).forEachBatch { rdd, _ in
                let new = try rdd.collect().map { String($0) }
                lines.update { $0 += new }
            }
            try await context.start()
            let sent = (0..<500).map { "line \($0) é" }
            try send(sent.map { $0 + "\n" }.joined() + "not ended", true)
            let expected = sent + ["not ended"]
            let deadline = SystemClock().elapsed() + .seconds(60)
            while SystemClock().elapsed() < deadline, lines.read({ $0.count }) < expected.count {
                clock.advance(by: .seconds(1))
                context.waitUntilCompleted(clock.now())
                await Task.yield()
            }
            try await context.stop(gracefully: true)
            let found = lines.read { $0 }
            if found.count == sent.count {
                broken.append("2: a last line without a line end is delivered (start \(life))")
            }
            if Array(found.prefix(sent.count)) != sent { broken.append("1: bytes are stored in order (start \(life))") }
        }
        return broken
    }
}
