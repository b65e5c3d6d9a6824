import Foundation
import Swiftwater
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct TrendsIntegrationTests {
    private let folder = try! TemporaryDirectory()

    /// Returns the port on which a relay says it serves.
    private func port(of relay: Program) -> Int {
        relay.waitForOutput { _, error in
            error.firstMatch(of: /serving posts on [^:]*:(\d+)[;\n]/).flatMap { Int($0.1) }
        } ?? 0
    }

    /// Sends 100,000 generated posts through the relay and a socket. The full table of every window equals the one that
    /// a naive program makes from the batch trace.
    @Test(arguments: ["hash-words", "hashtags"]) func everyWindowEqualsANaiveCount(keys: String) throws {
        let posts = folder.file("posts.ndjson")
        let made = try Program.run(
            "generate", "posts", "--preset", "100k", "--seed", "5", "--format", "ndjson", "--out", posts)
        #expect(made.status == 0)
        let relay = try Program(["relay", "--from", posts, "--port", "0", "--rate", "50000/s", "--quiet"])
        let trace = folder.file("trace.ndjson")
        let trends = try Program([
            "trends", "--source", "socket://127.0.0.1:\(port(of: relay))", "--batch", "200ms", "--window", "600ms",
            "--slide", "400ms",
            "--keys", keys, "--top", "0", "--json", "--trace-batches", trace,
        ])
        let relayed = relay.wait()
        #expect(relayed.status == 0)
        #expect(relayed.error.contains("relayed 100,000 posts of 100,000 lines"))
        trends.terminate()
        let result = trends.wait()
        #expect(result.status == 0, "\(result.error)")

        let naive = try NaiveTrends(tracePath: trace)
        #expect(naive.batches.reduce(0) { $0 + $1.posts.count } == 100_000)
        var windows = 0
        for line in result.output.split(separator: "\n") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let time = try #require(object["end"] as? Int)
            let rows = try #require(object["trends"] as? [[String: Any]])
            let found = Dictionary(uniqueKeysWithValues: rows.map { ($0["key"] as! String, $0["count"] as! Int) })
            #expect(found == naive.table(endingAt: time, windowMilliseconds: 600, words: keys == "hash-words"))
            let counts = rows.map { $0["count"] as! Int }
            #expect(counts == counts.sorted(by: >))
            windows += found.isEmpty ? 0 : 1
        }
        #expect(windows >= 4)
    }

    @Test func filesAreASource() throws {
        try folder.write("a.txt", "#One #two\n#one\n")
        let result = try Program.run(
            "trends", "--source", "files:\(folder.path)", "--batch", "100ms", "--window", "100ms", "--batches", "1",
            "--json")
        #expect(result.status == 0)
        let table = try JSONValue(parsing: result.output)
        #expect(table["posts"]?.integer == 2 && table["keys"]?.integer == 2)
        let rows = table["trends"]?.array ?? []
        #expect(rows.map { $0["key"]?.string } == ["#one", "#two"] && rows.map { $0["count"]?.integer } == [2, 1])
    }

    @Test func theRelayTracksAndShows() throws {
        let lines = #"""
            {"created_at":"Mon","id_str":"1","text":"about #Corona\nhere","user":{"name":"Ana","location":"Lisbon"}}
            coronavirus only
            {broken
            \#u{1B}[31mred CORONA
            """#
        let posts = try folder.write("posts", lines)
        let relay = try Program([
            "relay", "--from", posts, "--track", "corona", "--port", "0", "--wait-for-clients", "0",
        ])
        let result = relay.wait()
        #expect(result.status == 0)
        #expect(result.output == "about #Corona here  [Mon | Ana | Lisbon]\n\\u{1b}[31mred CORONA\n")
        #expect(result.error.contains("relayed 2 posts of 4 lines (1 not tracked, 0 not posts, 1 malformed)"))
        #expect(result.error.contains("posts:3"))
        let second = try Program.run("relay", "--from", "-", "--port", "0", "--wait-for-clients", "0", input: "a\nb\n")
        #expect(second.output == "a\nb\n")
    }

    @Test func portsInUseBadWindowsAndSourcesAreSaid() throws {
        let posts = try folder.write("p", "x\n")
        let first = try Program(["relay", "--from", posts, "--port", "0"])
        let port = port(of: first)
        let second = try Program.run("relay", "--from", posts, "--port", "\(port)")
        #expect(second.status == 69)
        #expect(second.error.contains("the port is in use"))
        first.terminate()
        #expect(first.wait().status == 0)
        let window = try Program.run("trends", "--source", "socket://127.0.0.1:1", "--batch", "10s", "--window", "25s")
        #expect(window.status == 64)
        #expect(window.error.contains("a window of 25 s is not a multiple of the batch interval of 10 s"))
        let source = try Program.run("trends", "--source", "carrier-pigeon")
        #expect(source.status == 64 && source.error.contains("socket://HOST:PORT"))
        let missing = try Program.run("relay", "--from", "/no/such/file", "--port", "0", "--wait-for-clients", "0")
        #expect(missing.status == 66 && missing.error.contains("/no/such/file"))
    }

    /// If nothing listens on the port, the source retries, and a signal still stops the program gracefully.
    @Test(arguments: ["INT", "TERM"]) func signalsStopGracefully(signal: String) throws {
        let trends = try Program([
            "trends", "--source", "socket://127.0.0.1:9", "--batch", "100ms", "--window", "100ms", "--json",
        ])
        #expect(trends.waitForOutput { output, _ in output.contains("windowMilliseconds") ? true : nil } == true)
        // timeout(1) sends its signal to the program and then to the program's group.
        for _ in 1...2 { kill(trends.pid, signal == "INT" ? SIGINT : SIGTERM) }
        let result = trends.wait()
        #expect(result.status == 0)
        #expect(result.error.contains("trying again"))
    }

    /// While nobody reads its output, the program cannot stop gracefully; a signal that comes later ends it at once.
    ///
    /// The signals come when a thread waits for room in the pipe: before its first batch, the program has nothing to
    /// write, and stops.
    @Test func aLaterSignalEndsAtOnce() throws {
        let result = try Program.shell(
            """
            cd '\(folder.path)'; mkfifo full; exec 3<>full; head -c 65536 /dev/zero >&3
            "$SWIFTWATER" trends --source socket://127.0.0.1:9 --batch 100ms --window 100ms --json >&3 2>error &
            program=$!
            for tenth in {1..600}; do grep -q pipe_write /proc/$program/task/*/wchan && break; sleep 0.1; done
            kill -TERM $program; kill -TERM $program; sleep 1
            kill -0 $program && echo goes on
            for second in {1..60}; do kill -TERM $program 2>/dev/null || break; sleep 1; done
            wait $program; echo "status $?"
            """)
        #expect(result.output == "goes on\nstatus 143\n", "\(result)")
    }

    /// Sends a line of 10 MB, invalid UTF-8, NUL and escape sequences through relay, socket and trends: they are
    /// reported, counted and harmless.
    @Test func hostilePostsAreSaidAndHarmless() throws {
        var bytes = Array("#good one\n".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 10 << 20) + [0x0A]
        bytes += [0x23, 0x62, 0x61, 0x64, 0xFF, 0x20, 0x23, 0x6E, 0x00, 0x75, 0x0A]
        bytes += Array("#\u{1B}[31mred #\u{202E}rtl\n".utf8)
        let posts = try folder.write("hostile", bytes: bytes)
        let relay = try Program(["relay", "--from", posts, "--port", "0", "--rate", "1000/s"])
        let trends = try Program([
            "trends", "--source", "socket://127.0.0.1:\(port(of: relay))", "--batch", "100ms", "--window", "100ms",
            "--keys", "hash-words",
        ])
        let relayed = relay.wait()
        #expect(relayed.status == 0)
        #expect(
            relayed.error.contains("1 lines longer than 1048576 bytes were dropped")
                && relayed.error.contains("hostile"))
        #expect(relayed.error.contains("1 lines were not valid UTF-8"))
        #expect(!relayed.output.contains("\u{1B}") && relayed.output.contains("\\u{1b}[31mred"))
        let isShown = trends.waitForOutput { output, _ in output.contains("#good") ? true : nil }
        #expect(isShown == true)
        trends.terminate()
        let result = trends.wait()
        #expect(result.status == 0)
        #expect(
            !result.output.contains("\u{1B}") && !result.output.contains("\u{202E}") && !result.output.contains("\u{0}")
        )
        for tag in ["#bad\u{FFFD}", "#n\\u{0}u", "#\\u{1b}[31mred", "#\\u{202e}rtl"] {
            #expect(result.output.contains(tag))
        }
    }

    /// Lines from a pipe are relayed at once, and a signal ends the relay although the pipe stays open.
    @Test func aLivePipeIsRelayedAtOnceAndStops() throws {
        let relay = try Program(
            ["relay", "--from", "-", "--port", "0", "--wait-for-clients", "0"], holdsInputOpen: true)
        try relay.say("first post\n")
        #expect(relay.waitForOutput { output, _ in output == "first post\n" ? true : nil } == true)
        try relay.say("second post\n")
        #expect(relay.waitForOutput { output, _ in output.contains("second post\n") ? true : nil } == true)
        relay.terminate()
        #expect(relay.wait().status == 0)
        let posts = try folder.write("slow", "a\nb\nc\n")
        let slow = try Program(["relay", "--from", posts, "--port", "0", "--wait-for-clients", "0", "--rate", "0.001"])
        #expect(slow.waitForOutput { output, _ in output.hasPrefix("a\n") ? true : nil } == true)
        slow.terminate()
        #expect(slow.wait().status == 0)
    }

    @Test(arguments: [
        ["relay", "--from", "x", "--port", "99999"], ["relay", "--from", "x", "--rate", "1e-300"],
        ["relay", "--from", "x", "--track", "#!"], ["relay", "--from", "x", "--wait-for-clients=-1"],
        ["trends", "--source", "socket://127.0.0.1:9", "--top=-1"],
        ["trends", "--source", "socket://127.0.0.1:9", "--batches", "0"],
        ["train", "a.csv", "--test", "b.csv"], ["recommend", "--model", "m"],
        ["similar", "--model", "m", "--item", "1", "--top=0"],
    ]) func optionsThatCannotWorkAreRefused(arguments: [String]) throws {
        let result = try Program(arguments).wait()
        #expect(result.status == 64)
        #expect(result.error.hasPrefix("Error: "), "\(result.error)")
    }

    /// A missing file is reported before the relay serves and waits for a client.
    @Test func aMissingFileIsSaidBeforeServing() throws {
        let result = try Program.run("relay", "--from", "/no/such/file", "--port", "0")
        #expect(result.status == 66 && !result.error.contains("serving"))
    }
}
