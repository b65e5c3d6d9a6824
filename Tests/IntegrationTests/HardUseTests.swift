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

        /// A library that shows the program a wall clock an hour ahead of the kernel's, as a clock does that was set
        /// back: a wait that goes by the wall clock then takes an hour longer.
        private func clockAhead() throws -> String {
            let source = try folder.write(
                "ahead.c",
                """
                #define _GNU_SOURCE
                #include <time.h>
                #include <unistd.h>
                #include <sys/syscall.h>
                int clock_gettime(clockid_t clock, struct timespec *time) {
                    int result = syscall(SYS_clock_gettime, clock, time);
                    if (clock == CLOCK_REALTIME) time->tv_sec += 3600;
                    return result;
                }
                """)
            let library = folder.file("ahead.so")
            let made = try Program.shell("cc -shared -fPIC -o \(library) \(source)")
            try #require(made.status == 0, "\(made.error)")
            return library
        }

        /// Posts are answered, tables come and the server ends, whatever the wall clock shows.
        @Test func nobodyWaitsByTheWallClock() throws {
            let (program, address) = try server(
                ["--batch", "1s", "--state", folder.file("state")], environment: ["LD_PRELOAD": try clockAhead()])
            defer { program.terminate() }
            let post = "curl -s -m 10 -d 'a #tag' -H 'content-type: text/plain' \(address)v1/posts"
            #expect(try Program.shell(post).output.contains("\"accepted\":1"))
            var (table, tries) = ("", 0)
            while !table.contains("#tag"), tries < 100 {
                table = try Program.shell("curl -s -m 10 \(address)v1/trends").output
                tries += 1
                Thread.sleep(forTimeInterval: 0.1)
            }
            #expect(table.contains("#tag"), "\(table)")
            let clock = SystemClock()
            let begin = clock.elapsed()
            program.terminate()
            #expect(program.wait().status == 0)
            #expect(clock.elapsed() - begin < .seconds(20))
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
    }
#endif
