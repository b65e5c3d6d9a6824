#if SparkConnect
    import Foundation
    import SwiftwaterCore
    import TestSupport
    import Testing

    /// Executors and the driver of a real Spark are killed while it works. Runs by itself (`make integration-spark`), on
    /// `local-cluster[2,1,1024]`, since it ends what other tests use.
    @Suite(
        .enabled(
            if: RealSpark.isThere && RealSpark.mayBeKilled, "SPARK_KILLS is not set: make integration-spark sets it"),
        .serialized)
    struct RealSparkKillTests {
        private let folder = try! TemporaryDirectory()
        private static let server = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "spark-server.sh").path()
        private static let options = [
            "trends", "--event-time", "--window", "1m", "--slide", "30s", "--json", "--top", "30",
        ]

        /// Kills one of the executors. Returns their number before.
        private func killAnExecutor() throws -> Int {
            let pids = try Program.shell("\(Self.server) executors").output.split(separator: "\n").compactMap {
                Int32($0)
            }
            if let pid = pids.first { kill(pid, SIGKILL) }
            return pids.count
        }

        private func waitForExecutors() throws {
            for _ in 0..<120 {
                if try Program.shell("\(Self.server) executors").output.split(separator: "\n").count == 2 { return }
                Thread.sleep(forTimeInterval: 0.5)
            }
            Issue.record("Spark did not replace its executors")
        }

        @Test func trainingSurvivesAnExecutor() throws {
            let ratings = folder.file("ratings.csv")
            let made = try Program.run("generate", "ratings", "--preset", "100k", "--seed", "3", "--out", folder.path)
            try #require(made.status == 0, "\(made.error)")
            func train(_ name: String, _ disturb: (Program) throws -> Void = { _ in }) throws -> Data {
                let program = try Program([
                    "train", ratings, "--master", RealSpark.address, "--max-iterations", "20", "--out",
                    folder.file(name),
                ])
                try disturb(program)
                let result = program.wait()
                try #require(result.status == 0, "\(result.error)")
                return try Data(contentsOf: URL(filePath: folder.file(name)))
            }
            // The first run warms Spark up, so that the others take about as long.
            let first = try train("first.model")
            try waitForExecutors()
            let disturbed = try train("second.model") { program in
                let split = program.waitForOutput { output, _ in output.contains("split") ? true : nil }
                try #require(split == true)
                Thread.sleep(forTimeInterval: 2)
                #expect(program.isRunning)
                #expect(try killAnExecutor() == 2)
            }
            #expect(disturbed == first)
        }

        /// Feeds a stream of files in three parts, with `disturb` between the first two, and compares the tables with
        /// those of the whole archive here.
        private func checkTrends(_ disturb: () throws -> Void) throws {
            let all = SparkPostLines.make(3000, seed: 8)
            let archive = try folder.write("all.ndjson", all.joined())
            let expected = try SparkPostLines.windows(
                Program(Self.options + ["--source", "file:" + archive]).wait().output)
            let (incoming, sink) = (folder.file("in"), folder.file("trends.db"))
            try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
            func add(_ name: String, _ lines: some Sequence<String>) throws {
                try lines.joined().write(toFile: folder.file(name), atomically: true, encoding: .utf8)
                try FileManager.default.moveItem(atPath: folder.file(name), toPath: incoming + "/" + name)
            }
            try add("1.txt", all[..<1500])
            let program = try Program(
                Self.options + [
                    "--batch", "1s", "--source", "files:" + incoming, "--checkpoint", folder.file("checkpoint"),
                    "--sink", "sqlite:" + sink, "--master", RealSpark.address,
                ])
            defer { program.terminate() }
            func wait(_ count: Int) -> Bool {
                for _ in 0..<3 where program.isRunning {
                    let found = program.waitForOutput { output, _ in
                        output.split(separator: "\n").count >= count ? true : nil
                    }
                    if found == true { return true }
                }
                return false
            }
            #expect(wait(3))
            try add("2.txt", all[1500..<2200])
            try disturb()
            try add("3.txt", all[2200...])
            #expect(wait(expected.count - 3))
            // A post from later ends the last windows.
            try add("4.txt", [all[0].replacing("2025-11-2", with: "2025-12-2")])
            #expect(wait(expected.count))
            program.terminate()
            let result = program.wait()
            #expect(result.status == 0, "\(result.error)")
            #expect(try SparkPostLines.windows(result.output) == expected)
            #expect(result.output.split(separator: "\n").count == expected.count)
            let query =
                "import sqlite3; print(sqlite3.connect('\(sink)').execute('SELECT count(*) FROM trending').fetchone()[0])"
            let rows = try Program.shell("python3 -c \"\(query)\"")
            #expect(
                Int(rows.output.filter(\.isNumber)) == expected.values.reduce(0) { $0 + $1.rows.count },
                "\(rows.error)")
        }

        @Test func trendsSurviveAnExecutor() throws {
            try waitForExecutors()
            try checkTrends {
                Thread.sleep(forTimeInterval: 0.7)
                let count = try killAnExecutor()
                #expect(count == 2)
            }
        }

        /// The driver is killed and started again; the command goes on from the checkpoint by itself.
        @Test func trendsSurviveTheDriver() throws {
            try checkTrends {
                let again = try Program.shell("\(Self.server) kill && \(Self.server) start 'local-cluster[2,1,1024]'")
                #expect(again.status == 0, "\(again.error)")
            }
        }
    }
#endif
