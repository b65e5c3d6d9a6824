import SwiftwaterFormats
import TestSupport
import Testing

/// The help of all commands, as the program describes itself to shells.
@Suite struct HelpTests {
    /// Two options of one name in a command: the second one could not be given.
    @Test func noCommandHasTwoOptionsOfOneName() throws {
        let dump = try Program.run("--experimental-dump-help")
        #expect(dump.status == 0)
        let all = try Array(dump.output.utf8).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
        var commands = 0
        func check(_ command: JSONValue) {
            commands += 1
            let name = command["commandName"]?.string ?? ""
            var seen: Set<String> = []
            // ArgumentParser's own command has its own flag twice.
            guard name != "help" else { return }
            for argument in command["arguments"]?.array ?? [] {
                for option in argument["names"]?.array ?? [] {
                    let option = option["name"]?.string ?? ""
                    #expect(seen.insert(option).inserted, "\(name) has two options --\(option)")
                }
            }
            for sub in command["subcommands"]?.array ?? [] { check(sub) }
        }
        check(try #require(all["command"]))
        #expect(commands > 15)
    }

    /// Help fits a terminal of 80 columns, and no example of it is broken: it could not be copied.
    @Test func helpFitsATerminal() throws {
        let dump = try Program.run("--experimental-dump-help")
        let all = try Array(dump.output.utf8).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
        func check(_ command: JSONValue, _ path: [String]) throws {
            for line in (command["discussion"]?.string ?? "").split(separator: "\n") where line.hasPrefix("  ") {
                #expect(line.count < 80, "\(path.joined(separator: " ")): \(line)")
            }
            let help = try Program(path + ["--help"]).wait().output
            for line in help.split(separator: "\n") where line.count > 80 {
                Issue.record("\(path.joined(separator: " ")) --help: \(line)")
            }
            for sub in command["subcommands"]?.array ?? [] {
                if let name = sub["commandName"]?.string, name != "help" { try check(sub, path + [name]) }
            }
        }
        try check(try #require(all["command"]), [])
    }
}
