import DatabaseTestSupport
import Foundation
import SwiftwaterCore
import TestSupport
import Testing

extension KillTests {
    /// From a topic through windows into a topic: nothing is lost or doubled, whatever is killed.
    @Test(.enabled(if: KafkaMock.isInstalled, Comment(rawValue: KafkaMock.missing)))
    func batchesAreOnceInKafka() throws {
        let mock = try KafkaMock()
        mock.create("posts", partitions: 3)
        // The mock keeps the newest 5 MiB of a partition.
        mock.create("tables", partitions: 20)
        let lines = 2000
        SystemThread.start(named: "writer") {
            for start in stride(from: 0, to: lines, by: 50) {
                let posts = (start..<start + 50).map { "#k\($0 % 7) #id\($0)" }
                try? mock.write("posts", posts, partition: start / 50 % 3)
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
        let (trace, _) = try run(
            mock.address("posts", "?start=earliest&group=watchers"), seed: 8, sinks: [mock.address("tables")]
        ) { $0.posts.count >= lines }
        #expect(trace.posts.count == lines && Set(trace.posts).count == lines)
        // The rows as files, which are compared with the trace. Two records of one row are one, as for any reader that
        // knows the headers; how often that was needed is said.
        let folder = try TemporaryDirectory()
        var (tables, doubled) = ([String: [Int: String]](), 0)
        for message in try mock.messages("tables") {
            let headers = message.headers
            let output = headers["swiftwater-output"] == "trending-3" ? "trending" : "totals"
            let file = "\(output)-\(headers["swiftwater-batch"]!).ndjson"
            let row = Int(headers["swiftwater-row"]!)!
            if let known = tables[file, default: [:]][row] {
                doubled += 1
                #expect(known == message.value ?? "", "\(file), row \(row)")
            }
            tables[file, default: [:]][row] = message.value ?? ""
        }
        print("kafka: \(tables.count) batches, \(doubled) rows written twice")
        for (file, rows) in tables {
            let lines = rows.sorted { $0.key < $1.key }.map(\.value).filter { !$0.isEmpty }
            try folder.write(file, lines.map { $0 + "\n" }.joined())
        }
        try trace.compareFiles(in: folder.path)
    }
}
