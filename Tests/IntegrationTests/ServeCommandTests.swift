#if Server
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// The command line of `swiftwater serve`, and the process's limits.
    @Suite struct ServeCommandTests {
        @Test(arguments: [
            (["--port", "70000"], "--port takes 0 to 65535"), (["--port=-1"], "--port takes 0 to 65535"),
            (["--history-days", "9000000000000000"], "--history-days takes 1 to 36500"),
            (["--history-days", "0"], "--history-days takes 1 to 36500"),
            (["--demo", "--model", "m"], "--demo trains a model of its own"),
            (["--catalogue", "c"], "--catalogue goes with --model"),
        ])
        func badCommandLinesAreExplained(arguments: [String], says: String) throws {
            let result = try Program(["serve"] + arguments).wait()
            #expect(result.status == 64)
            #expect(result.error.contains(says))
        }

        /// Serves with a limit of open files until it has said where it is; then stops it.
        private func serve(limiting limit: String) throws -> Program.Result {
            try Program.shell(
                """
                \(limit)
                coproc "$SWIFTWATER" serve --port 0
                while read -r line <&"${COPROC[0]}"; do
                  echo "$line"
                  case "$line" in *http://*) break;; esac
                done
                kill -INT "$COPROC_PID"
                wait "$COPROC_PID"
                """)
        }

        /// What the system allows is used; where that is little there are fewer connections, and it says so.
        @Test func filesAreLimited() throws {
            let soft = try serve(limiting: "ulimit -Sn 300")
            #expect(soft.output.contains("http://127.0.0.1:") && !soft.error.contains("connections instead of"))
            let hard = try serve(limiting: "ulimit -n 300")
            #expect(hard.error.contains("at most 44 connections instead of 4096"))
        }

        /// A port that somebody has is named, with what to do and nothing of the libraries'.
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
            #expect(second.error.contains("choose another port with --port"))
            #expect(!second.error.contains("IOError"))
        }
    }
#endif
