#if Server
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// Tests the command line of `swiftwater serve` and its handling of process limits.
    @Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct ServeCommandTests {
        @Test(arguments: [
            (["--port", "70000"], "--port takes 0 to 65535"), (["--port=-1"], "--port takes 0 to 65535"),
            (["--history-days", "9000000000000000"], "--history-days takes 1 to 36500"),
            (["--history-days", "0"], "--history-days takes 1 to 36500"),
            (["--demo", "--model", "m"], "--demo trains its own model"),
            (["--movies", "c"], "--movies requires --model"),
        ])
        func badCommandLinesAreExplained(arguments: [String], says: String) throws {
            let result = try Program(["serve"] + arguments).wait()
            #expect(result.status == 64)
            #expect(result.error.contains(says))
        }

        /// Starts a server under a limit on open files, and stops it when it has printed its address.
        private func serve(limiting limit: String, _ options: String = "") throws -> Program.Result {
            try Program.shell(
                """
                \(limit)
                coproc "$SWIFTWATER" serve --port 0 \(options)
                while read -r line <&"${COPROC[0]}"; do
                  echo "$line"
                  case "$line" in *http://*) break;; esac
                done
                kill -INT "$COPROC_PID"
                wait "$COPROC_PID"
                """)
        }

        /// The server raises the soft limit. If the hard limit is low, it allows fewer connections and says so.
        @Test func filesAreLimited() throws {
            let soft = try serve(limiting: "ulimit -Sn 300")
            #expect(soft.output.contains("http://127.0.0.1:") && !soft.error.contains("connections instead of"))
            let hard = try serve(limiting: "ulimit -n 300")
            #expect(hard.error.contains("at most 44 connections instead of 4096"))
        }

        /// A state whose ratings are gone is not accepted without a word.
        @Test func anEmptyLogOfRatingsIsSaid() throws {
            let folder = try TemporaryDirectory()
            let (ratings, model) = (folder.file("ratings.csv"), folder.file("films.model"))
            let rows = (0..<200).map { "\($0 % 20),\($0 % 17),\(1 + $0 % 5)\n" }.joined()
            try ("userId,movieId,rating\n" + rows).write(toFile: ratings, atomically: true, encoding: .utf8)
            #expect(try Program.run("train", ratings, "--out", model).status == 0)
            let options = "--model \(model) --state \(folder.file("state"))"
            #expect(try !serve(limiting: "", options).error.contains("the log has no ratings"))
            #expect(try serve(limiting: "", options).error.contains("the log has no ratings"))
        }

        /// The error for a port in use says what to do, without internals of the libraries.
        @Test func aTakenPortIsSaid() throws {
            let first = try Program(["serve", "--port", "0"])
            defer {
                first.terminate()
                _ = first.wait()
            }
            let port = first.waitForOutput { output, _ in
                output.split(separator: "http://127.0.0.1:").last.flatMap { Int($0.prefix { $0.isNumber }) }
            }
            let second = try Program(["serve", "--port", "\(try #require(port))"]).wait()
            #expect(second.status == 69)
            #expect(second.error.contains("choose another port (--port)"))
            #expect(!second.error.contains("IOError"))
        }

        /// A stream that fails under load stops the server in an orderly way, with the cause and the exit code of a
        /// disk or batch failure.
        @Test(arguments: 0..<3) func aStreamThatFailsEndsInOrder(run: Int) throws {
            let folder = try TemporaryDirectory()
            let result = try Program.shell(
                """
                ulimit -f 300
                coproc "$SWIFTWATER" serve --port 0 --state \(folder.file("state")) --batch 200ms --window 1m
                server=$COPROC_PID
                while read -r line <&"${COPROC[0]}"; do case "$line" in *http://*) break;; esac; done
                port=${line#*http://127.0.0.1:}; port=${port%%/*}
                posts='a post about #x of some length\\n'
                posts=$posts$posts$posts$posts$posts$posts$posts$posts
                posts=$posts$posts$posts$posts$posts$posts$posts$posts
                body=$(printf "$posts"; printf x); body=${body%x}
                for client in 1 2 3 4; do
                  (while kill -0 $server 2>/dev/null; do
                    { exec 5<>/dev/tcp/127.0.0.1/$port; } 2>/dev/null || continue
                    printf 'POST /v1/posts HTTP/1.1\\r\\nhost: localhost\\r\\ncontent-type: text/plain\\r\\n' >&5 2>/dev/null
                    printf 'content-length: %d\\r\\nconnection: close\\r\\n\\r\\n%s' ${#body} "$body" >&5 2>/dev/null
                    read -r answer <&5
                    exec 5>&-
                  done) >/dev/null 2>&1 &
                done
                wait $server
                echo "exit $?"
                """)
            let code = result.output.split(separator: "exit ").last.flatMap { Int($0.prefix { $0.isNumber }) }
            #expect([70, 74].contains(code), "\(result.output) \(result.error.suffix(2000))")
            #expect(result.error.contains("too large") && !result.error.contains("crashed"))
        }
    }
#endif
