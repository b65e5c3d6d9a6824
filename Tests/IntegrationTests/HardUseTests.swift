#if Server
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// What a server meets outside of the laboratory: clocks that are set, curious users, odd numbers.
    @Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct HardUseTests {
        private let folder = try! TemporaryDirectory()

        private func server(_ arguments: [String], environment: [String: String]) throws -> (Program, String) {
            let program = try Program(
                executable: URL(filePath: Program.path), ["serve", "--port", "0"] + arguments, input: nil,
                environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
            let address = program.waitForOutput { output, _ in
                output.range(of: "http://[^ ]*/", options: .regularExpression).map { String(output[$0]) }
            }
            return (program, try #require(address))
        }

        /// A library that shows the program a wall clock which is ahead of the kernel's by as many seconds as a file says,
        /// as if it were set while the program runs: waits by the wall clock take the kernel's.
        private func movedClock(_ offset: String) throws -> [String: String] {
            let source = try folder.write(
                "moved.c",
                """
                #define _GNU_SOURCE
                #include <fcntl.h>
                #include <stdlib.h>
                #include <sys/syscall.h>
                #include <time.h>
                #include <unistd.h>
                int clock_gettime(clockid_t clock, struct timespec *time) {
                    int result = syscall(SYS_clock_gettime, clock, time);
                    if (clock == CLOCK_REALTIME) {
                        char text[32] = "0";
                        int file = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
                        if (file >= 0) { if (read(file, text, 31) < 0) text[0] = 0; close(file); }
                        time->tv_sec += atoll(text);
                    }
                    return result;
                }
                """)
            let library = folder.file("moved.so")
            let made = try Program.shell("cc -shared -fPIC -o \(library) \(source)")
            try #require(made.status == 0, "\(made.error)")
            return ["LD_PRELOAD": library, "CLOCK_OFFSET": offset]
        }

        /// Sends a post with a tag of its own, and returns how long it takes until the tag trends.
        private func post(_ tag: String, _ address: String) throws -> Duration {
            let clock = SystemClock()
            let begin = clock.elapsed()
            let post = "curl -s -m 10 -d 'a #\(tag)' -H 'content-type: text/plain' \(address)v1/posts"
            #expect(try Program.shell(post).output.contains("\"accepted\":1"), "\(tag)")
            for _ in 0..<150 {
                if try Program.shell("curl -s -m 10 '\(address)v1/trends?limit=100'").output.contains("#\(tag)\"") {
                    return clock.elapsed() - begin
                }
                Thread.sleep(forTimeInterval: 0.1)
            }
            Issue.record("#\(tag) does not trend")
            return clock.elapsed() - begin
        }

        /// Posts are answered, tables come and the server ends, whatever the wall clock shows: set back or forward by an
        /// hour, a day or a year, while the server runs and while it does not.
        @Test func tablesComeWithinBoundsWhateverTheClockShows() throws {
            let offset = try folder.write("offset", "0")
            func set(_ seconds: Int) throws {
                try "\(seconds)\n".write(toFile: offset, atomically: true, encoding: .utf8)
            }
            let environment = try movedClock(offset)
            let options = ["--batch", "1s", "--window", "1m", "--state", folder.file("state")]
            let day = 24 * 3600
            for (run, offsets) in [[0, -20, -3600, day, -day], [-2 * day, 365 * day], [0, 60]].enumerated() {
                try set(offsets[0])
                let (program, address) = try server(options, environment: environment)
                defer { program.terminate() }
                for (number, seconds) in offsets.enumerated() {
                    try set(seconds)
                    #expect(try post("run\(run)at\(number)", address) < .seconds(15), "\(run): \(seconds)")
                }
                let clock = SystemClock()
                let begin = clock.elapsed()
                program.terminate()
                let result = program.wait()
                #expect(result.status == 0, "\(result.error)")
                #expect(clock.elapsed() - begin < .seconds(30))
                #expect(result.error.contains("was set back"))
                #expect(run == 2 || result.error.contains("are left out"))
            }
        }

        /// Sources of a server are known by what they are: their order does not matter, one more goes on with the
        /// others, and one less is refused with the choices.
        @Test func sourcesMayChangeTheirOrder() throws {
            for name in ["in1", "in2"] {
                try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
                _ = try folder.write("\(name)/posts.txt", (0..<10).map { _ in "a #\(name)\n" }.joined())
            }
            let (one, two) = ("files:\(folder.file("in1"))", "second=files:\(folder.file("in2"))")
            func counts(_ sources: [String], _ more: [String] = []) throws -> String {
                let options = sources.flatMap { ["--source", $0] } + more
                let (program, address) = try server(
                    options + ["--batch", "1s", "--window", "10m", "--state", folder.file("state")], environment: [:])
                defer { program.terminate() }
                var found: [String] = []
                for _ in 0..<100 {
                    let table = try Program.shell("curl -s '\(address)v1/trends?limit=10'").output
                    let object = try? JSONSerialization.jsonObject(with: Data(table.utf8)) as? [String: Any]
                    let rows = object?["trends"] as? [[String: Any]] ?? []
                    found = rows.map { "\($0["key"]!) \($0["count"]!)" }
                    if found.count >= sources.count { break }
                    Thread.sleep(forTimeInterval: 0.1)
                }
                program.terminate()
                #expect(program.wait().status == 0)
                return found.sorted().joined(separator: ", ")
            }
            #expect(try counts([one]) == "#in1 10")
            #expect(try counts([two, one]) == "#in1 10, #in2 10")
            let refused = try Program.run(
                "serve", "--port", "0", "--source", one, "--batch", "1s", "--window", "10m", "--state",
                folder.file("state"))
            #expect(refused.status == 64 && refused.error.contains("'second' (source)"), "\(refused.error)")
            #expect(refused.error.contains("--checkpoint-drop NAME"))
            let misspelt = try Program.run(
                "serve", "--port", "0", "--source", one, "--batch", "1s", "--window", "10m", "--state",
                folder.file("state"), "--checkpoint-drop", "secnd")
            #expect(misspelt.status == 64 && misspelt.error.contains("drop 'secnd'"), "\(misspelt.error)")
            #expect(try counts([one], ["--checkpoint-drop", "second"]) == "#in1 10, #in2 10")
        }

        @Test func theTokenIsNeverLogged() throws {
            let token = "SuperSecretToken-0123456789"
            let (program, address) = try server(["--verbose"], environment: ["SWIFTWATER_TOKEN": token])
            defer { program.terminate() }
            #expect(
                try Program.shell("curl -s -H 'authorization: Bearer \(token)' \(address)v1/trends").output.contains(
                    "trends"))
            #expect(
                try Program.shell("curl -s -H 'authorization: Bearer wrong' \(address)v1/trends").output.contains("401")
            )
            program.terminate()
            let result = program.wait()
            #expect(!(result.output + result.error).contains("SuperSecret") && result.error.contains("debug"))
        }

        /// Only the server's user can read what people rated and posted.
        @Test func theStateIsPrivate() throws {
            let (ratings, model, state) = (folder.file("r.csv"), folder.file("m.model"), folder.file("state"))
            let rows = (0..<200).map { "\($0 % 20),\($0 % 17),\(1 + $0 % 5)\n" }.joined()
            _ = try folder.write("r.csv", "userId,movieId,rating\n" + rows)
            #expect(try Program.run("train", ratings, "--out", model).status == 0)
            let (program, address) = try server(
                ["--batch", "1s", "--state", state, "--model", model], environment: [:])
            defer { program.terminate() }
            _ = try Program.shell("curl -s -d 'a #tag' -H 'content-type: text/plain' \(address)v1/posts")
            let rating = "curl -s -d '{\"user\":\"1\",\"item\":\"1\",\"rating\":4}' -H 'content-type: application/json'"
            #expect(try Program.shell("\(rating) \(address)v1/ratings").output.contains("\"accepted\":1"))
            Thread.sleep(forTimeInterval: 2.5)
            program.terminate()
            #expect(program.wait().status == 0)
            let readable = try Program.shell("find \(state) -perm /077").output
            #expect(readable.isEmpty, "\(readable)")
            #expect(try Program.shell("find \(state) -type f").output.split(separator: "\n").count > 4)
        }

        /// A live rating takes about 100 bytes, with users of a few ratings, as documented.
        @Test func ratingsTakeLittleMemory() throws {
            let (ratings, model, state) = (folder.file("r.csv"), folder.file("m.model"), folder.file("state"))
            let rows = (0..<5000).map { "\($0 % 500),\($0 % 170),\(1 + $0 % 5)\n" }.joined()
            _ = try folder.write("r.csv", "userId,movieId,rating\n" + rows)
            #expect(try Program.run("train", ratings, "--out", model).status == 0)
            func resident(_ address: String) throws -> (bytes: Double, ratings: Double) {
                let text = try Program.shell("curl -s \(address)metrics").output
                func value(_ name: String) -> Double {
                    text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
                        Double($0.split(separator: " ")[1])
                    } ?? .nan
                }
                return (value("swiftwater_resident_bytes"), value("swiftwater_live_ratings"))
            }
            let options = ["--model", model, "--state", state]
            let (program, address) = try server(options, environment: [:])
            defer { program.terminate() }
            let empty = try resident(address).bytes
            let count = 200_000
            let bodies = (0..<count / 1000).map { part in
                let list = (0..<1000).map { place -> String in
                    let number = part * 1000 + place
                    return #"{"user":"u\#(number / 4)","item":"\#(number * 37 % 170)","rating":\#(1 + number % 5)}"#
                }
                return "{\"ratings\":[\(list.joined(separator: ","))]}"
            }
            for (number, body) in bodies.enumerated() { _ = try folder.write("body\(number)", body) }
            let answers = try Program.shell(
                """
                for n in $(seq 0 \(bodies.count - 1)); do
                    curl -s -H 'content-type: application/json' -d @\(folder.file("body"))$n \(address)v1/ratings
                done
                """
            ).output
            #expect(answers.components(separatedBy: "\"accepted\":1000").count == bodies.count + 1)
            program.terminate()
            #expect(program.wait().status == 0)
            let (again, second) = try server(options, environment: [:])
            defer { again.terminate() }
            let full = try resident(second)
            let each = (full.bytes - empty) / full.ratings
            #expect(full.ratings > Double(count) * 0.9)
            // With what the reading of the log leaves behind.
            #expect(each < 200, "\(each) bytes for each rating")
        }

        /// Log lines of a server without standard error land in no file.
        @Test func aClosedStreamIsNoFile() throws {
            let state = folder.file("state")
            let result = try Program.shell(
                """
                "$SWIFTWATER" serve --port 0 --verbose --batch 1s --state \(state) 2>&- >\(folder.file("out")) &
                pid=$!
                for _ in $(seq 1 100); do grep -q http \(folder.file("out")) && break; sleep 0.1; done
                sleep 1.5
                kill -INT $pid; wait $pid
                grep -rl swiftwater: \(state)
                """)
            #expect(result.output.isEmpty, "\(result.output)")
            #expect(try Program.shell("ls \(state)/stream").output.contains("lock"))
        }
    }
#endif
