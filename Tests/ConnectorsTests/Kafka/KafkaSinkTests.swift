import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

/// A sink against librdkafka's mock cluster, read by kcat.
@Suite(.serialized, .enabled(if: KafkaMock.isInstalled, Comment(rawValue: KafkaMock.missing)))
struct KafkaSinkTests {
    private let mock: KafkaMock

    init() throws { mock = try KafkaMock() }

    private func sink(_ topic: String, _ parameters: String = "") throws -> KafkaSink {
        try KafkaSink(mock.address(topic, parameters))
    }

    private func batch(_ time: Int64, rows: Int) -> SinkBatch {
        SinkBatch(
            time: BatchTime(milliseconds: time), columns: ["tag", "count"],
            rows: (0..<rows).map { [.text("#t\($0)"), .integer($0)] })
    }

    private func rows(_ topic: String, _ output: String, _ time: Int64) throws -> [KafkaMock.Message] {
        try mock.messages(topic).filter {
            $0.headers["swiftwater-output"] == output && $0.headers["swiftwater-batch"] == "\(time)" && $0.value != nil
        }
    }

    @Test(arguments: ["", "?transaction=promises"])
    func theSinkKeepsItsPromises(parameters: String) throws {
        mock.create("promises", partitions: 3)
        let broken = try ConnectorChecks.sink(make: { try sink("promises", parameters) }) { output, time in
            try rows("promises", output, time.milliseconds).count
        }
        #expect(broken.isEmpty, "\(broken)")
    }

    @Test func rowsAreMessages() throws {
        mock.create("rows", partitions: 2)
        let sink = try sink("rows")
        try sink.open(output: "tags", columns: ["tag", "count"])
        try sink.commit(output: "tags", batch(7, rows: 2))
        let found = try rows("rows", "tags", 7).sorted { $0.headers["swiftwater-row"]! < $1.headers["swiftwater-row"]! }
        #expect(found.map(\.value) == ["{\"tag\":\"#t0\",\"count\":0}", "{\"tag\":\"#t1\",\"count\":1}"])
        #expect(found.map(\.key) == ["#t0", "#t1"] && found.allSatisfy { $0.headers["swiftwater-rows"] == "2" })
    }

    /// After a crash in the middle of a batch, only the rows that are missing are written.
    @Test func aBatchThatIsThereInPart() throws {
        mock.create("part", partitions: 3)
        func write(_ time: Int, _ row: Int, of rows: Int, to partition: Int) throws {
            try mock.write(
                "part", [(nil, "{}")], partition: partition,
                headers: [
                    "swiftwater-output=tags", "swiftwater-batch=\(time)", "swiftwater-row=\(row)",
                    "swiftwater-rows=\(rows)",
                ])
        }
        for row in 0..<3 { try write(1, row, of: 3, to: row) }
        try write(2, 0, of: 4, to: 1)
        try write(2, 2, of: 4, to: 0)
        // Others write to the topic, too.
        try mock.write("part", (0..<5000).map { "other \($0)" }, partition: 1)
        let sink = try sink("part")
        try sink.open(output: "tags", columns: ["tag", "count"])
        #expect(try sink.isCommitted(output: "tags", BatchTime(milliseconds: 1)))
        #expect(try !sink.isCommitted(output: "tags", BatchTime(milliseconds: 2)))
        #expect(try sink.lastCommitted(output: "tags") == BatchTime(milliseconds: 1))
        try sink.commit(output: "tags", batch(1, rows: 3))
        try sink.commit(output: "tags", batch(2, rows: 4))
        #expect(try sink.isCommitted(output: "tags", BatchTime(milliseconds: 2)))
        for (time, count) in [(1, 3), (2, 4)] {
            let there = try rows("part", "tags", Int64(time)).compactMap { Int($0.headers["swiftwater-row"]!) }
            #expect(there.sorted() == Array(0..<count), "batch \(time)")
        }
    }

    /// Brokers go and return while batches are written: each row is there once.
    @Test func whateverBreaksEachRowIsThereOnce() throws {
        mock.create("outages", partitions: 2)
        let sink = try sink("outages")
        try sink.open(output: "tags", columns: ["tag", "count"])
        let isDone = Monitor(false)
        let mock = mock
        SystemThread.start(named: "breaker") {
            while !isDone.read({ $0 }) {
                mock.set(isDown: true)
                Thread.sleep(forTimeInterval: 0.3)
                mock.set(isDown: false)
                Thread.sleep(forTimeInterval: 0.7)
            }
            isDone.update { $0 = false }
        }
        for time in 1...20 { try sink.commit(output: "tags", batch(Int64(time), rows: 500)) }
        isDone.update { $0 = true }
        isDone.wait { $0 ? nil : () }
        var found: [String: [Int]] = [:]
        for message in try mock.messages("outages") {
            found[message.headers["swiftwater-batch"]!, default: []].append(Int(message.headers["swiftwater-row"]!)!)
        }
        #expect(found.count == 20)
        for (time, there) in found { #expect(there.sorted() == Array(0..<500), "batch \(time)") }
    }

    @Test func whatIsWrongIsSaid() throws {
        for (address, code) in [
            ("kafka://127.0.0.1:1/t?patience=0", SwiftwaterError.Code.network),
            (mock.address("t", "?security.protocol=nonsense"), .invalidArgument),
            (mock.address("t", "?no.such.setting=1"), .invalidArgument),
        ] {
            let error = #expect(throws: SwiftwaterError.self) {
                try KafkaSink(address).open(output: "t", columns: ["a"])
            }
            #expect(error?.code == code && error?.remedy != nil, "\(address): \(error!)")
        }
        for address in ["kafka://b/one,two", "kafka://b/^all"] {
            #expect(throws: SwiftwaterError.self) { try KafkaSink(address) }
        }
    }
}
