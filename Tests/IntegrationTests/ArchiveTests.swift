import Foundation
import Swiftwater
import TestSupport
import Testing

/// Reads an archive with the real program: the tables are the same in one batch, in small batches, with any number of
/// threads, and after kills on the way.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct ArchiveTests {
    private let folder = try! TemporaryDirectory()

    /// Writes 300 files of 30 posts, one post every half second of event time on average.
    private func makeArchive() throws -> String {
        var random = SeededRandom(seed: 6)
        let path = folder.file("archive")
        try FileManagerSupport.makeDirectory(path)
        var time: Int64 = 1_795_435_200_000
        for file in 0..<300 {
            var lines = ""
            for number in 0..<30 {
                time += Int64(random.below(1000))
                let seconds = time / 1000 % 60
                let minutes = time / 60_000 % 60
                let stamp =
                    "2026-11-23T\(CivilDate.two(12 + Int(time / 3_600_000 % 24 - 12))):\(CivilDate.two(Int(minutes))):\(CivilDate.two(Int(seconds)))Z"
                lines +=
                    ##"{"id_str":"\##(file * 30 + number)","created_at":"\##(stamp)","text":"#a\##(random.below(9)) #b\##(random.below(200))","user":{"id":\##(random.below(50))}}"##
                    + "\n"
                if random.below(20) == 0 {
                    lines += ##"{"delete":{"status":{"id_str":"\##(random.below(file * 30 + number + 1))"}}}"## + "\n"
                }
            }
            try folder.write("archive/part-\(1000 + file).ndjson", lines)
        }
        return path
    }

    private func arguments(_ path: String, _ more: [String]) -> [String] {
        [
            "trends", "--source", "file:" + path, "--event-time", "--window", "60s", "--slide", "10s", "--lateness",
            "5s",
            "--by", "burst", "--baseline", "5m", "--min-count", "3", "--top", "10", "--json",
        ] + more
    }

    /// Returns the rows in a run's sink, sorted.
    private func rows(_ out: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: out).filter { $0.hasSuffix(".ndjson") }.flatMap { name in
            try String(contentsOfFile: out + "/" + name, encoding: .utf8).split(separator: "\n").map(String.init)
        }.sorted()
    }

    @Test func anArchiveGivesTheSameTablesHoweverItIsRead() throws {
        let path = try makeArchive()
        let whole = try Program(arguments(path, ["--sink", "files:" + folder.file("whole")])).wait()
        #expect(whole.status == 0, "\(whole.error)")
        let tables = whole.output.split(separator: "\n")
        #expect(tables.count > 300)
        let small = try Program(arguments(path, ["--archive-batch-bytes", "1", "--master", "local[1]"])).wait()
        #expect(small.output == whole.output)

        let right = try rows(folder.file("whole"))
        // Kill it on the way, until a run ends by itself.
        var random = SeededRandom(seed: 8)
        var kills = 0
        while true {
            let program = try Program(
                arguments(
                    path,
                    [
                        "--archive-batch-bytes", "1", "--checkpoint", folder.file("state"), "--checkpoint-interval",
                        "1s",
                        "--batch", "1s", "--sink", "files:" + folder.file("killed"),
                    ]))
            if kills < 8 {
                Thread.sleep(forTimeInterval: 0.06 + random.uniform() * 0.12)
                kill(program.pid, SIGKILL)
            }
            let result = program.wait()
            if result.status == 0 { break }
            #expect(result.status == SIGKILL, "\(result.error)")
            kills += 1
            if result.status != SIGKILL { break }
        }
        #expect(kills >= 3)
        let killed = try rows(folder.file("killed"))
        #expect(killed.count == right.count)
        let missing = Set(right).subtracting(killed).sorted()
        let wrong = Set(killed).subtracting(right).sorted()
        #expect(missing == [] && wrong == [])
    }

    /// Kills the program when the last windows are in the sink, possibly before it has recorded that.
    @Test(arguments: 0..<4) func theEndIsNotWrittenTwice(round: Int) throws {
        let path = try makeArchive()
        #expect(try Program(arguments(path, ["--sink", "files:" + folder.file("whole")])).wait().status == 0)
        let right = try rows(folder.file("whole"))
        let more = [
            "--archive-batch-bytes", "100000", "--checkpoint", folder.file("state"), "--batch", "1s", "--sink",
            "files:" + folder.file("killed"),
        ]
        let program = try Program(arguments(path, more))
        while (try? rows(folder.file("killed")))?.count ?? 0 < right.count, program.isRunning { usleep(200) }
        kill(program.pid, SIGKILL)
        _ = program.wait()
        #expect(try Program(arguments(path, more)).wait().status == 0)
        let found = try rows(folder.file("killed"))
        #expect(found.count == right.count && found == right)
    }

    /// Sends 20 seconds of posts over a socket in real time, 100 times as fast, and at once: the tables equal those of
    /// the file.
    @Test(arguments: [1.0, 100, .infinity])
    func theSpeedOfAnArchiveDoesNotMatter(speed: Double) throws {
        var random = SeededRandom(seed: 12)
        var posts: [(time: Int64, line: String)] = []
        func add(_ time: Int64, _ text: String) {
            let stamp = Date(timeIntervalSince1970: Double(time) / 1000).ISO8601Format(
                .init(includingFractionalSeconds: true))
            let (id, author) = (posts.count, random.below(30))
            posts.append(
                (
                    time,
                    ##"{"id_str":"\##(id)","created_at":"\##(stamp)","text":"\##(text)","user":{"id":\##(author)}}"##
                ))
        }
        let begin: Int64 = 1_795_435_200_000
        for number in 0..<600 {
            let late = random.below(8) == 0 ? Int64(random.below(900)) : 0
            add(begin + Int64(number) * 33 - late, "#a\(random.below(4)) #b\(random.below(40))")
            if random.below(15) == 0 {
                posts.append(
                    (begin + Int64(number) * 33, #"{"delete":{"status":{"id_str":"\#(random.below(posts.count))"}}}"#))
            }
        }
        // A much later post closes every window.
        add(begin + 600_000, "#end")
        let end = begin + 25_000
        func tables(_ output: String) -> [String] {
            output.split(separator: "\n").map(String.init).filter {
                let end0 = try? JSONValue(parsing: $0)["end"]?.integer
                return (end0 ?? .max) <= end
            }
        }
        let options = [
            "--event-time", "--window", "2s", "--slide", "1s", "--lateness", "300ms", "--by", "burst", "--baseline",
            "1m",
            // The default is another one for files than for sockets.
            "--outliers", "0", "--top", "5", "--json",
        ]
        let path = try folder.write("twenty.ndjson", posts.map { $0.line + "\n" }.joined())
        let right = tables(try Program(["trends", "--source", "file:" + path] + options).wait().output)
        #expect(right.count >= 20)

        var settings = TextServer.Settings()
        settings.port = 0
        let server = try TextServer(settings)
        let program = try Program(
            ["trends", "--source", "socket://127.0.0.1:\(server.port)", "--batch", "100ms"] + options)
        server.waitForClients(1)
        let started = ContinuousClock.now
        for post in posts {
            let due = started + .milliseconds(Int64(Double(max(0, min(post.time, end) - begin)) / speed))
            let left = due - .now
            if left > .zero { Thread.sleep(forTimeInterval: left.inSeconds) }
            server.send(Array((post.line + "\n").utf8))
        }
        let heard = program.waitForOutput { output, _ in tables(output).count >= right.count ? tables(output) : nil }
        #expect(heard == right)
        program.terminate()
        _ = program.wait()
        server.close(patience: .zero)
    }

    @Test func anArchiveThatChangedIsRefused() throws {
        let path = try makeArchive()
        let state = ["--checkpoint", folder.file("state"), "--batch", "1s"]
        #expect(try Program(arguments(path, state)).wait().status == 0)
        try folder.write("archive/part-9999.ndjson", "{}\n")
        let result = try Program(arguments(path, state)).wait()
        #expect(result.status == 64 && result.error.contains("not those of the checkpoint"))
        #expect(try Program(arguments(folder.file("none"), [])).wait().status == 66)
    }
}
