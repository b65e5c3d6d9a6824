#if SparkConnect
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterSpark
    import SwiftwaterTrends
    import TestSupport
    import Testing

    /// Trends on a real Spark are those of this machine.
    @Suite(.enabled(if: RealSpark.isThere, RealSpark.reason), .serialized)
    struct RealSparkTrendsTests {
        private let folder = try! TemporaryDirectory()

        private func run(_ arguments: [String]) throws -> Program.Result {
            try Program(["trends", "--event-time", "--window", "1m", "--slide", "30s", "--json"] + arguments).wait()
        }

        @Test(arguments: ["hashtags", "hash-words"]) func archivesGiveTheSameTables(keys: String) throws {
            let path = try folder.write("posts.ndjson", SparkPostLines.make(3000, seed: 4).joined())
            let options = ["--source", "file:" + path, "--keys", keys, "--top", "30"]
            let here = try run(options)
            let there = try run(options + ["--master", RealSpark.address])
            #expect(there.status == 0, "\(there.error)")
            #expect(try SparkPostLines.windows(there.output) == SparkPostLines.windows(here.output))
            #expect(try SparkPostLines.windows(here.output).count == 11)
            // Exact, since both know all authors.
            let byAuthors = ["--by", "authors"]
            #expect(
                try SparkPostLines.windows(run(options + byAuthors + ["--master", RealSpark.address]).output)
                    == SparkPostLines.windows(run(options + byAuthors).output))
        }

        /// A stream of files gives the tables of the archive, in the terminal and in a sink, each once.
        @Test func streamsGiveTheTablesOfTheArchive() throws {
            let all = SparkPostLines.make(3000, seed: 5)
            let archive = try folder.write("all.ndjson", all.joined())
            let expected = try SparkPostLines.windows(run(["--source", "file:" + archive, "--top", "30"]).output)
            let (incoming, checkpoint, sink) = (
                folder.file("in"), folder.file("checkpoint"), folder.file("trends.db")
            )
            try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
            func add(_ name: String, _ lines: some Sequence<String>) throws {
                try lines.joined().write(toFile: folder.file(name), atomically: true, encoding: .utf8)
                try FileManager.default.moveItem(atPath: folder.file(name), toPath: incoming + "/" + name)
            }
            try add("1.txt", all[..<1500])
            let program = try Program([
                "trends", "--event-time", "--window", "1m", "--slide", "30s", "--json", "--top", "30", "--batch", "1s",
                "--source", "files:" + incoming, "--checkpoint", checkpoint, "--sink", "sqlite:" + sink,
                "--master", RealSpark.address,
            ])
            defer { program.terminate() }
            func wait(_ count: Int) -> Bool {
                program.waitForOutput { output, _ in output.split(separator: "\n").count >= count ? true : nil }
                    ?? false
            }
            #expect(wait(3))
            try add("2.txt", all[1500...])
            #expect(wait(expected.count - 3))
            // A post from later ends the last windows.
            try add("3.txt", [all[0].replacing("2025-11-2", with: "2025-12-2")])
            #expect(wait(expected.count))
            program.terminate()
            let result = program.wait()
            #expect(result.status == 0, "\(result.error)")
            #expect(try SparkPostLines.windows(result.output) == expected)
            let rows = try Program.shell("sqlite3 \(sink) 'SELECT count(*) FROM trending' || true").output
            if let count = Int(rows.filter(\.isNumber)) {
                #expect(count == expected.values.reduce(0) { $0 + $1.rows.count })
            }
        }

        /// Lines that are not posts, or have no time, are counted and said.
        @Test func unreadableLinesAreSaid() throws {
            let lines = "{broken\n{\"kind\":\"x\"}\n{\"swiftwater\":\"post\",\"text\":\"no time #a\"}\n"
            let incoming = folder.file("with bad lines")
            try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
            let path = try folder.write("with bad lines/1.txt", SparkPostLines.make(300, seed: 6).joined() + lines)
            let archive = try run(["--source", "file:" + path, "--master", RealSpark.address])
            #expect(archive.error.contains("3 lines so far are not posts with a time"), "\(archive.error)")
            let program = try Program([
                "trends", "--event-time", "--window", "10s", "--json", "--batch", "1s", "--source", "files:" + incoming,
                "--master", RealSpark.address,
            ])
            defer { program.terminate() }
            let said = program.waitForOutput { _, error in
                error.contains("3 lines so far are not posts with a time") ? true : nil
            }
            #expect(said == true)
        }

        /// A named query goes on after the command, and is found and stopped by its name.
        @Test func namedQueriesAreJoinedAgain() throws {
            let name = "named_\(UInt32.random(in: 0...UInt32.max))"
            let options = [
                "trends", "--source", "rate:50", "--window", "4s", "--slide", "2s", "--batch", "1s", "--json",
                "--master",
                RealSpark.address, "--query", name,
            ]
            for _ in 0..<2 {
                let program = try Program(options)
                let table = program.waitForOutput { output, _ in output.contains("\n") ? output : nil }
                #expect(table?.contains("#all") == true)
                program.terminate()
                let result = program.wait()
                #expect(result.status == 0 && result.error.contains("goes on"), "\(result.error)")
            }
            let stopped = try Program(options + ["--stop-query"]).wait()
            #expect(stopped.status == 0 && stopped.output.contains("was stopped"), "\(stopped.error)")
            let again = try Program(options + ["--stop-query"]).wait()
            #expect(again.status == 66 && again.error.contains("no query named"), "\(again.error)")
        }

        /// The page's tables are those of the cluster, and are kept in the history.
        @Test func thePageShowsTrendsOfTheCluster() throws {
            let program = try Program([
                "serve", "--port", "0", "--source", "rate:100", "--window", "4s", "--batch", "1s", "--state",
                folder.file("state"), "--master", RealSpark.address,
            ])
            defer { program.terminate() }
            let address = try #require(
                program.waitForOutput { output, _ in
                    output.range(of: "http://[^ ]*/", options: .regularExpression).map { String(output[$0]) }
                })
            func ask(_ path: String) throws -> String { try Program.shell("curl -s '\(address)\(path)'").output }
            var (table, tries) = ("", 0)
            // The first window is not full.
            while !table.contains("\"keys\":101"), tries < 100 {
                table = try ask("v1/trends?limit=2")
                tries += 1
                Thread.sleep(forTimeInterval: 0.5)
            }
            #expect(table.contains("\"key\":\"#all\"") && table.contains("\"keys\":101"), "\(table)")
            #expect(try ask("v1/trends?order=authors").contains("\"order\":\"authors\""))
            #expect(try ask("v1/trends?order=burst").contains("'order' takes one of count, authors"))
            #expect(try ask("v1/configuration").contains("\"orders\":[\"count\",\"authors\"]"))
            #expect(try ask("v1/trends/%23all/history").contains("\"rank\":1"))
            let post = "curl -s -d 'a #b' -H 'content-type: text/plain' \(address)v1/posts"
            #expect(try Program.shell(post).output.contains("counted on a cluster"))
            program.terminate()
            #expect(program.wait().status == 0)
        }

        @Test func whatCannotRunThereIsAnError() throws {
            let master = ["--master", RealSpark.address]
            for (options, text) in [
                (["--source", "kafka://127.0.0.1:1/posts"], "spark-sql-kafka"),
                (["--source", "file:/no/such/file", "--event-time"], "PATH_NOT_FOUND"),
                (["--source", "rate:1", "--by", "burst"], "burst"),
                (["--source", "rate:1", "--keys", "links"], "links"),
                (["--source", "rate:1", "--keys-max", "100"], "--keys-max"),
                (["--source", "push://127.0.0.1:0"], "ack:// and push://"),
            ] {
                let result = try Program(["trends"] + options + master).wait()
                #expect(result.status != 0 && result.error.contains(text), "\(result.error)")
            }
        }

        @Test func explainShowsTheQueries() throws {
            let master = ["--master", RealSpark.address]
            let trends = try Program(["explain", "trends", "--source", "rate:1"] + master).wait()
            #expect(trends.status == 0 && trends.output.contains("GROUP BY window"), "\(trends.error)")
            #expect(trends.output.contains("Physical Plan"))
            let train = try Program(["explain", "train", "/data/r.csv", "--out", "m"] + master).wait()
            #expect(train.output.contains("cluster ALS(rank=10") && train.output.contains("here    factors"))
            let json = try Program(["explain", "trends", "--source", "rate:1", "--json"] + master).wait().output
            let document = try JSONValue(parsing: json)
            #expect(document["steps"]?.array?.first?["place"]?.string == "cluster", "\(json)")
            #expect(document["queries"]?.array?.first?["sql"]?.string?.contains("GROUP BY window") == true)
            #expect(document["plan"]?.string?.contains("Physical Plan") == true)
            let biased = try Program(["explain", "train", "/data/r.csv", "--biases"] + master).wait()
            #expect(biased.status != 0 && biased.error.contains("biases"))
        }
    }
#endif
