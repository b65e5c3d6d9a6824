import Foundation
import GRDB
import NIOCore
import NIOPosix
import Swiftwater
import TestSupport
import Testing

/// Kills the real program with SIGKILL at random moments and restarts it, each time with a different number of threads.
/// Compares its sinks with the batch trace, and the trace with what was sent.
///
/// 30 kills by default, or the number in `SWIFTWATER_KILLS`, rounded up to a multiple of 4: a quarter for each source,
/// and as many for a live one.
@Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct KillTests {
    static let kills = ProcessInfo.processInfo.environment["SWIFTWATER_KILLS"].flatMap { Int($0) } ?? 30

    /// Kills and restarts the program on a source until the last run has drained it, and compares the sinks with the
    /// trace.
    ///
    /// - Parameter sinks: further sinks, which the caller compares.
    func run(
        _ source: String, seed: UInt64, sinks: [String] = [], until isDrained: @escaping (KillTrace) -> Bool
    ) throws -> (trace: KillTrace, folder: TemporaryDirectory) {
        let folder = try TemporaryDirectory()
        var random = SeededRandom(seed: seed)
        func start(threads: Int) throws -> Program {
            try Program(
                [
                    "trends", "--source", source, "--batch", "100ms", "--window", "300ms", "--slide", "100ms",
                    "--master",
                    "local[\(threads)]", "--keys", "hash-words", "--checkpoint", folder.file("state"),
                    "--checkpoint-interval", "500ms", "--sink", "files:" + folder.file("out"), "--sink",
                    "sqlite:" + folder.file("trends.db"), "--totals", "--trace-batches", folder.file("trace"), "--json",
                    "--top", "1",
                ] + sinks.flatMap { ["--sink", $0] })
        }
        for round in 0..<max(1, (Self.kills + 3) / 4) {
            let program = try start(threads: 1 + round % 3)
            Thread.sleep(forTimeInterval: 0.15 + random.uniform() * 0.8)
            kill(program.pid, SIGKILL)
            let result = program.wait()
            #expect(result.status == SIGKILL, "it ended by itself: \(result.error)")
        }
        let last = try start(threads: 2)
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, try !isDrained(KillTrace(folder.file("trace"))) { Thread.sleep(forTimeInterval: 0.2) }
        Thread.sleep(forTimeInterval: 0.5)
        last.terminate()
        let result = last.wait()
        #expect(result.status == 0, "\(result.error)")
        let trace = try KillTrace(folder.file("trace"))
        try trace.compare(with: folder)
        return (trace, folder)
    }

    /// Runs on numbered posts of a relay that waits for acknowledgments, and checks that each counted once.
    func runAcknowledged(seed: UInt64, sinks: [String]) throws -> KillTrace {
        let input = try TemporaryDirectory()
        let lines = 1500
        let path = try input.write("posts.txt", (1...lines).map { "#k\($0 % 7) #id\($0)\n" }.joined())
        let port = try FreePort.choose()
        let relay = try Program([
            "relay", "--from", path, "--rate", "250", "--quiet", "--ack", "--port", "\(port)",
        ])
        let (trace, _) = try run("ack://127.0.0.1:\(port)", seed: seed, sinks: sinks) { $0.posts.count >= lines }
        _ = relay.wait()
        #expect(Set(trace.posts).count == lines && trace.posts.count == lines)
        return trace
    }

    @Test(arguments: ["ack", "push"])
    func acknowledgedInputIsCountedExactlyOnce(mode: String) throws {
        let input = try TemporaryDirectory()
        let lines = 1500
        let path = try input.write("posts.txt", (1...lines).map { "#k\($0 % 7) #id\($0)\n" }.joined())
        let port = try FreePort.choose()
        let relay = try Program(
            ["relay", "--from", path, "--rate", "250", "--quiet", "--ack"]
                + (mode == "ack" ? ["--port", "\(port)"] : ["--to", "127.0.0.1:\(port)"]))
        let (trace, _) = try run("\(mode)://127.0.0.1:\(port)", seed: 1) { $0.posts.count >= lines }
        #expect(relay.wait().error.contains("1,500 acknowledged, 0 unacknowledged"))
        #expect(trace.posts.count == lines)
        #expect(Set(trace.posts).count == lines)
    }

    @Test func filesAreCountedExactlyOnce() throws {
        let incoming = try TemporaryDirectory()
        let files = 120
        SystemThread.start(named: "writer") {
            for file in 0..<files {
                let lines = (0..<20).map { "#k\($0 % 7) #id\(file * 20 + $0)\n" }.joined()
                _ = try? incoming.write("f\(file).tmp", lines)
                rename(incoming.file("f\(file).tmp"), incoming.file("f\(1000 + file).txt"))
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        let (trace, _) = try run("files:" + incoming.path, seed: 3) { $0.posts.count >= files * 20 }
        #expect(trace.posts.count == files * 20)
        #expect(Set(trace.posts).count == files * 20)
    }

    /// With a plain socket, a prefix of each connection survives, and nothing is counted twice.
    @Test func aPlainSocketKeepsAPrefixOfEachConnection() throws {
        let feeder = try PlainFeeder()
        let (trace, _) = try run("socket://127.0.0.1:\(feeder.port)", seed: 4) { _ in
            feeder.isStopping.update { $0 = true }
            return true
        }
        let sent = feeder.stop()
        #expect(Set(trace.posts).count == trace.posts.count)
        var arrived: [Int: [Int]] = [:]
        for post in trace.posts {
            let numbers = post.split(separator: "#id")[1].split(separator: "-").compactMap { Int($0) }
            arrived[numbers[0], default: []].append(numbers[1])
        }
        var lost = 0
        for (connection, count) in sent.enumerated() {
            let lines = (arrived[connection] ?? []).sorted()
            #expect(lines == Array(0..<lines.count), "connection \(connection)")
            lost += count - lines.count
        }
        print("plain socket: \(sent.reduce(0, +)) lines sent over \(sent.count) connections, \(lost) lost, 0 doubled")
        #expect(trace.posts.count > 100)
    }
}

/// Sends numbered lines, 400 a second, to every client, and counts them.
final class PlainFeeder: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: any Channel
    private let sent = Monitor<[Int]>([])
    let isStopping = Monitor(false)

    init() throws {
        let (sent, isStopping) = (sent, isStopping)
        listener = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = sent.update { counts in
                    counts.append(0)
                    return counts.count - 1
                }
                channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { task in
                    guard channel.isActive, !isStopping.read({ $0 }) else { return task.cancel() }
                    let first = sent.update { counts in
                        counts[number] += 4
                        return counts[number] - 4
                    }
                    let lines = (first..<first + 4).map { "#k\($0 % 7) #id\(number)-\($0)\n" }.joined()
                    channel.writeAndFlush(ByteBuffer(string: lines), promise: nil)
                }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    var port: Int { listener.localAddress!.port! }

    func stop() -> [Int] {
        try? listener.close().wait()
        try? group.syncShutdownGracefully()
        return sent.read { $0 }
    }
}

/// The batch trace, and the comparison of the sinks with it.
struct KillTrace {
    private(set) var batches: [Int: [String]] = [:]

    init(_ path: String) throws {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
        for line in text.split(separator: "\n") {
            // A kill may have cut a line; the batch is then traced again.
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let time = object["batch"] as? Int, let posts = object["posts"] as? [String]
            else { continue }
            if let known = batches[time] {
                #expect(known == posts.map(KillTrace.text), "batch \(time) was traced before with other posts")
            }
            batches[time] = posts.map(KillTrace.text)
        }
    }

    /// The text of a line, which is a post of Jetstream or itself the text.
    private static func text(_ line: String) -> String {
        guard line.hasPrefix("{"), let start = line.range(of: "\"text\":\"") else { return line }
        return String(line[start.upperBound...].prefix { $0 != "\"" })
    }

    var posts: [String] { batches.keys.sorted().flatMap { batches[$0]! } }

    private func counts(after: Int, upTo: Int) -> [String: Int] {
        var counts: [String: Int] = [:]
        for (time, posts) in batches where time > after && time <= upTo {
            for post in posts { for word in Set(post.split(separator: " ")) { counts[String(word), default: 0] += 1 } }
        }
        return counts
    }

    /// Checks that both sinks have every batch of the trace, with the rows that follow from the trace.
    func compare(with folder: TemporaryDirectory) throws {
        let database = try DatabaseQueue(path: folder.file("trends.db"))
        for (output, table, window) in [("trending", "trending-2", 300), ("totals", "totals-2", Int.max / 2)] {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out"))
            let times = names.filter { $0.hasPrefix(output + "-") && $0.hasSuffix(".ndjson") }
                .compactMap { Int($0.dropFirst(output.count + 1).dropLast(7)) }.sorted()
            #expect(times == batches.keys.sorted(), "\(output): batches of the files")
            let stored = try database.read {
                try Int.fetchAll(
                    $0, sql: "SELECT batch FROM swiftwater_batches WHERE output = ? ORDER BY batch", arguments: [table])
            }
            #expect(stored == times, "\(output): batches of the database")
            // The later tables are large: every fifth and the last five are compared row by row.
            let picked = times.enumerated().filter { $0.offset % 5 == 0 || $0.offset >= times.count - 5 }.map(\.element)
            var ends: Set<Int> = []
            for time in picked {
                let inFile = try file(folder.file("out/\(output)-\(time).ndjson"), time)
                #expect(try rows(database, table, time, hasEnd: output == "trending") == inFile, "\(table) at \(time)")
                // After a stop, the first batch also ends the windows that should have ended during it, once each.
                for end in inFile.keys {
                    #expect(end <= time && ends.insert(end).inserted, "\(output) at \(time): window to \(end)")
                }
                for end in Set(inFile.keys).union([time]) {
                    let expected = counts(after: end - window, upTo: end)
                    #expect(inFile[end] ?? [:] == expected, "\(output) at \(time), window to \(end)")
                }
            }
        }
    }

    /// Checks that the files of a sink have every batch of the trace, with the rows that follow from the trace.
    func compareFiles(in folder: String) throws {
        for (output, window) in [("trending", 300), ("totals", Int.max / 2)] {
            let times = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasPrefix(output + "-") && $0.hasSuffix(".ndjson") }
                .compactMap { Int($0.dropFirst(output.count + 1).dropLast(7)) }.sorted()
            #expect(times == batches.keys.sorted(), "\(output): batches of the files")
            for (place, time) in times.enumerated() where place % 5 == 0 || place >= times.count - 5 {
                let found = try file("\(folder)/\(output)-\(time).ndjson", time)
                for end in Set(found.keys).union([time]) {
                    let expected = counts(after: end - window, upTo: end)
                    #expect(found[end] ?? [:] == expected, "\(output) at \(time), window to \(end)")
                }
            }
        }
    }

    /// The counts of each window in a file, by the window's end; those of totals are at `time`.
    private func file(_ path: String, _ time: Int) throws -> [Int: [String: Int]] {
        var rows: [Int: [String: Int]] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
            let end = object["window_end"] as? Int ?? time
            rows[end, default: [:]][object["key"] as! String] = (object["count"] as! Int)
        }
        return rows
    }

    private func rows(
        _ database: DatabaseQueue, _ table: String, _ time: Int, hasEnd: Bool
    ) throws -> [Int: [String: Int]] {
        try database.read { database in
            var counts: [Int: [String: Int]] = [:]
            let end = hasEnd ? "window_end" : "batch"
            let cursor = try Row.fetchCursor(
                database, sql: "SELECT key, count, \(end) FROM \"\(table)\" WHERE batch = ?", arguments: [time])
            while let row = try cursor.next() { counts[row[2], default: [:]][row[0]] = row[1] }
            return counts
        }
    }
}
