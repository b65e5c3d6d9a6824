import Foundation
import Swiftwater
import TestSupport
import Testing

/// No number on a command line ends the program by a trap: it works, or is refused with a message.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct OddNumbersTests {
    private static let values = [
        "0", "-1", "9223372036854775807", "-9223372036854775808", "4611686018427387904", "nan", "0s", "0.0001s",
        "9223372036854775807,1",
    ]

    /// The commands that take numbers, with what else they need to get as far as to use them.
    private static let commands: [(name: String, arguments: String)] = {
        var commands = [
            ("trends", "--source file:posts.txt"), ("trends", "--source file:posts.txt --by burst --event-time"),
            ("train", "ratings.csv --max-iterations=1"), ("tune", "ratings.csv --max-iterations=1"),
            ("evaluate", "--model films.model ratings.csv --ranking=5"), ("recommend", "--model films.model --user=1"),
            ("predict", "--model films.model"), ("similar", "--model films.model"), ("neighbors", "ratings.csv"),
            ("factors", "--model films.model"), ("ratings summary", "ratings.csv"), ("ratings matrix", "ratings.csv"),
            ("sql", "--table r=ratings.csv 'select count(*) from r'"), ("generate posts", ""),
            ("generate ratings", "--out made"), ("relay", "--to 127.0.0.1:1"), ("checkpoint verify", "none"),
        ]
        #if Server
            // The address is taken, so the server ends by itself when it has prepared everything.
            commands.append(("serve", "--port $PORT --source files:."))
        #endif
        return commands
    }()

    /// Starts a server that takes a port.
    private static let occupant = """
        coproc "$SWIFTWATER" serve --port 0 2>/dev/null
        while read -r line <&"${COPROC[0]}"; do
          case "$line" in *http://*) PORT="${line##*:}"; PORT="${PORT%%/*}"; break;; esac
        done
        """

    /// Returns the options of a command that take a value, as its help has them.
    private func options(_ command: String) throws -> [String] {
        let help = try Program.shell("COLUMNS=200 \"$SWIFTWATER\" \(command) --help").output
        let found = help.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard line.hasPrefix("  -"), let place = words.firstIndex(where: { $0.hasPrefix("--") }),
                place + 1 < words.count, words[place + 1].hasPrefix("<")
            else { return nil }
            return String(words[place])
        }
        return Set(found).sorted()
    }

    @Test(arguments: commands.indices) func noNumberIsATrap(command: Int) throws {
        let (name, arguments) = Self.commands[command]
        let folder = try TemporaryDirectory()
        let rows = (0..<600).map { "\($0 % 20),\($0 % 17),\(1 + $0 % 5)\n" }.joined()
        _ = try folder.write("ratings.csv", "userId,movieId,rating\n" + rows)
        _ = try folder.write("posts.txt", (0..<50).map { "post \($0) #a #b\($0 % 7)\n" }.joined())
        let options = try options(name)
        #expect(!options.isEmpty || name == "checkpoint verify", "\(name)")
        let script = """
            cd \(folder.path)
            export SWIFT_BACKTRACE=enable=no
            "$SWIFTWATER" train ratings.csv --max-iterations 1 --out films.model >/dev/null
            \(name == "serve" ? Self.occupant : "")
            for option in \(options.joined(separator: " ")); do
              for value in \(Self.values.joined(separator: " ")); do
                (ulimit -v 16000000; exec timeout -s KILL 3 "$SWIFTWATER" \(name) \(arguments) "$option=$value") \\
                  >out.txt 2>err.txt </dev/null
                status=$?
                # 137: it works on, as a relay does that waits for its source.
                if [ "$status" -ge 128 ] && [ "$status" != 137 ]; then echo "$option=$value: $status $(tail -n 1 err.txt)"; fi
              done
            done
            [ -z "$COPROC_PID" ] || { kill -INT "$COPROC_PID"; wait "$COPROC_PID"; }
            """
        let result = try Program.shell(script)
        #expect(result.output.isEmpty, "\(name): \(result.output)")
    }
}
