import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

/// A source against librdkafka's mock cluster.
@Suite(.serialized, .enabled(if: KafkaMock.isInstalled, Comment(rawValue: KafkaMock.missing)))
struct KafkaSourceTests {
    private let mock: KafkaMock

    init() throws { mock = try KafkaMock() }

    private func source(
        _ topics: String, _ parameters: String = "?start=earliest", limitBytes: Int = 64 << 20,
        reports: Monitor<[String]> = Monitor([])
    ) throws -> KafkaSource {
        KafkaSource(try KafkaAddress(mock.address(topics, parameters)), limitBytes: limitBytes) { report in
            reports.update { $0.append(report) }
        }
    }

    private func lines(_ source: KafkaSource, _ range: KafkaRange) throws -> [String] {
        var lines: [String] = []
        for partition in try source.partitions(of: range) {
            try partition { block in block.forEachLine { lines.append(String($0)) } }
        }
        return lines
    }

    /// Takes ranges until there are so many lines, or a minute has passed.
    private func take(_ source: KafkaSource, _ count: Int) throws -> (ranges: [KafkaRange], lines: [String]) {
        var (ranges, all) = ([KafkaRange](), [String]())
        let deadline = Date().addingTimeInterval(60)
        while all.count < count, Date() < deadline {
            guard let range = try source.next(maxBytes: 64 << 20) else {
                usleep(10_000)
                continue
            }
            ranges.append(range)
            all += try lines(source, range)
        }
        return (ranges, all)
    }

    @Test func theSourceKeepsItsPromises() throws {
        mock.create("promises")
        let broken = try ConnectorChecks.replayable {
            try source("promises")
        } feed: {
            // With keys, because kcat leaves out empty lines otherwise.
            try mock.write("promises", $0.map { ("key", $0) })
        }
        #expect(broken.isEmpty, "\(broken)")
    }

    /// Messages have any bytes; a line is a message.
    @Test func aMessageIsALine() throws {
        mock.create("any")
        try mock.write(
            "any", [("k", "{\"a\":\t1}"), ("k", "ä😀"), ("", ""), ("k", String(repeating: "x", count: 300_000))],
            emptyIsNull: true)
        let source = try source("any")
        try source.start(at: nil)
        let (_, values) = try take(source, 3)
        // The third is a deletion of a key, which has no value.
        #expect(values == ["{\"a\":\t1}", "ä😀", String(repeating: "x", count: 300_000)])
        source.stop()
        try mock.write("any", [("key \"1\"", "value")], headers: ["trace=abc"])
        let whole = try self.source("any", "?start=0:4&columns=all")
        try whole.start(at: nil)
        let line = try take(whole, 1).lines[0]
        #expect(line.hasPrefix("{\"topic\":\"any\",\"partition\":0,\"offset\":4,\"timestamp\":1"), "\(line)")
        #expect(
            line.hasSuffix(
                "\"key\":\"key \\\"1\\\"\",\"value\":\"value\",\"headers\":[{\"key\":\"trace\",\"value\":\"abc\"}]}"))
        whole.stop()
    }

    /// What a batch read is read again, also by a later process and if it was not kept in memory.
    @Test func rangesAreReadAgain() throws {
        mock.create("again", partitions: 3)
        let values = (0..<3000).map { "\($0) " + String(repeating: "y", count: 100) }
        for partition in 0..<3 {
            try mock.write("again", values.filter { $0.utf8.first! % 3 == partition }, partition: partition)
        }
        let first = try source("again", limitBytes: 50_000)
        try first.start(at: nil)
        let (ranges, all) = try take(first, 3000)
        #expect(all.sorted() == values.sorted())
        #expect(ranges.flatMap { $0.pieces }.reduce(0) { $0 + $1.records } == 3000)
        var again: [String] = []
        for range in ranges { again += try lines(first, range) }
        #expect(again == all)
        first.stop()
        let later = try source("again")
        try later.start(at: KafkaPosition())
        again = []
        for range in ranges { again += try lines(later, range) }
        #expect(again == all)
        // A range of other messages is an error.
        let piece = ranges.flatMap { $0.pieces }.first { $0.records > 0 }!
        let wrong = KafkaRange(
            pieces: [
                .init(
                    partition: piece.partition, epoch: 0, start: piece.start, end: piece.end, records: piece.records,
                    bytes: piece.bytes, checksum: piece.checksum ^ 1)
            ])
        let error = #expect(throws: SwiftwaterError.self) { try lines(later, wrong) }
        #expect(error?.code == .invalidState && error?.message.contains("changed") == true, "\(error!)")
        later.stop()
    }

    /// Brokers go and return; nothing is lost or doubled.
    @Test func brokersThatReturn() throws {
        mock.create("outage")
        let source = try source("outage")
        try source.start(at: nil)
        try mock.write("outage", (0..<100).map { "a\($0)" })
        var all = try take(source, 100).lines
        mock.set(isDown: true)
        let deadline = Date().addingTimeInterval(60)
        while source.status?.link != .waiting, Date() < deadline { usleep(50_000) }
        #expect(source.status?.link == .waiting && source.status?.reason != nil, "\(source.status!)")
        #expect(try source.next(maxBytes: 1 << 20) == nil)
        mock.set(isDown: false)
        try mock.write("outage", (0..<100).map { "b\($0)" })
        all += try take(source, 100).lines
        #expect(all == (0..<100).map { "a\($0)" } + (0..<100).map { "b\($0)" })
        while source.status?.link != .connected, Date() < deadline { usleep(50_000) }
        #expect(source.status?.link == .connected && source.status?.lines == 200 && source.status?.behind == 0)
        source.stop()
    }

    /// Offsets that are gone: an error, or a gap that is reported.
    @Test func offsetsThatAreGone() throws {
        mock.create("gone")
        // The mock keeps the newest 5 MiB.
        for _ in 0..<8 { try mock.write("gone", (0..<10).map { _ in String(repeating: "z", count: 100_000) }) }
        let strict = try source("gone", "?start=0:0")
        try strict.start(at: nil)
        var failure: SwiftwaterError?
        let deadline = Date().addingTimeInterval(60)
        while failure == nil, Date() < deadline {
            do { _ = try strict.next(maxBytes: 1 << 20) } catch { failure = error as? SwiftwaterError }
            usleep(10_000)
        }
        #expect(failure?.code == .invalidState && failure?.message.contains("messages 0 to ") == true, "\(failure!)")
        #expect(strict.status?.link == .ended)
        strict.stop()
        let reports = Monitor<[String]>([])
        let lenient = try source("gone", "?start=0:0&lost=earliest", reports: reports)
        try lenient.start(at: nil)
        let (ranges, _) = try take(lenient, 1)
        #expect(ranges[0].pieces.contains { $0.epoch == 1 && $0.start > 0 })
        #expect(lenient.status?.gaps == 1 && reports.read { $0 }.contains { $0.contains("were removed") })
        lenient.stop()
    }

    /// A pattern finds topics that are made later, and reads them from their first message.
    @Test func topicsOfAPattern() throws {
        mock.create("posts-1")
        mock.create("other")
        try mock.write("posts-1", ["one"])
        try mock.write("other", ["no"])
        let source = try source("^posts-")
        try source.start(at: nil)
        #expect(try take(source, 1).lines == ["one"])
        mock.create("posts-2", partitions: 2)
        try mock.write("posts-2", ["two"], partition: 1)
        #expect(try take(source, 1).lines == ["two"])
        source.stop()
    }

    /// A topic that is deleted ends the stream, or is reported.
    @Test func aTopicThatIsDeleted() throws {
        mock.create("deleted")
        try mock.write("deleted", ["one"])
        let reports = Monitor<[String]>([])
        let (strict, lenient) = (
            try source("deleted"), try source("deleted", "?start=earliest&lost=earliest", reports: reports)
        )
        for source in [strict, lenient] {
            try source.start(at: nil)
            #expect(try take(source, 1).lines == ["one"])
        }
        mock.fail("deleted", with: 3)
        var failure: SwiftwaterError?
        let deadline = Date().addingTimeInterval(90)
        while failure == nil, Date() < deadline {
            do { _ = try strict.next(maxBytes: 1 << 20) } catch { failure = error as? SwiftwaterError }
            usleep(20_000)
        }
        #expect(failure?.code == .notFound && failure?.message.contains("deleted") == true)
        while !reports.read({ $0 }).contains(where: { $0.contains("was deleted") }), Date() < deadline {
            usleep(20_000)
        }
        #expect(try lenient.next(maxBytes: 1 << 20) == nil)
        #expect(lenient.status?.link == .waiting)
        strict.stop()
        lenient.stop()
    }

    /// The latest start is remembered before there are messages, so that those during a restart count.
    @Test func theLatestStartIsRemembered() throws {
        mock.create("latest", partitions: 2)
        try mock.write("latest", ["old"], partition: 0)
        let first = try source("latest", "")
        try first.start(at: nil)
        var found: [KafkaRange] = []
        let deadline = Date().addingTimeInterval(60)
        while found.flatMap(\.pieces).count < 2, Date() < deadline {
            if let range = try first.next(maxBytes: 1 << 20) { found.append(range) }
        }
        first.stop()
        #expect(found.flatMap(\.pieces).map(\.start) == [1, 0])
        #expect(found.flatMap(\.pieces).allSatisfy { $0.records == 0 })
        try mock.write("latest", ["new"], partition: 1)
        let later = try source("latest", "")
        try later.start(at: nil)
        for range in found { try later.skip(range) }
        #expect(try take(later, 1).lines == ["new"])
        later.stop()
    }
}
