import ArgumentParser
import Swiftwater

/// The words of the command line, and what is said about those that are wrong.
enum CommandLineInput {
    /// Returns words as the parser reads them: a negative number after an option is its value, not another option.
    static func words(_ words: [String]) -> [String] {
        var (result, rest) = ([String](), words[...])
        while let word = rest.popFirst() {
            if word == "--" { return result + [word] + rest }
            guard word.hasPrefix("--"), !word.contains("="), let next = rest.first, isNegativeNumber(next) else {
                result.append(word)
                continue
            }
            result.append("\(word)=\(next)")
            rest.removeFirst()
        }
        return result
    }

    private static func isNegativeNumber(_ word: String) -> Bool {
        let digits = word.dropFirst()
        return word.hasPrefix("-") && digits.first.map { $0.isNumber || $0 == "." && digits.count > 1 } ?? false
    }

    /// Returns what to say about an error of the parser, in place of its own message; nil to leave it.
    static func message(for text: String, words: [String]) -> String? {
        guard text.hasPrefix("Error: ") else { return nil }
        let all = commands()
        if let first = words.first, !first.hasPrefix("-"), first != "help", all[first] == nil {
            let meant = OptionSuggestion.nearest(first, all.keys.sorted()).map { " Did you mean '\($0)'?" } ?? ""
            return "Error: '\(TerminalText.safe(first))' is not a command.\(meant)\n"
                + "  See 'swiftwater --help' for the commands."
        }
        let command = words.prefix { !$0.hasPrefix("-") }.reduce(into: "") { path, word in
            let longer = path.isEmpty ? word : "\(path) \(word)"
            if all[longer] != nil { path = longer }
        }
        let options = all[command] ?? []
        let (option, rest): (String, Substring)
        if let match = text.firstMatch(of: /^Error: Unknown option '(-[^'\n]+)'\.?( Did you mean '[^'\n]*'\?)?/) {
            (option, rest) = (String(match.output.1.prefix { $0 != "=" }), text[match.range.upperBound...])
        } else if text.hasPrefix("Error: Missing expected argument"), let unknown = unknownOption(words, options) {
            // The parser looks for what is missing first.
            (option, rest) = (unknown, text.drop { $0 != "\n" })
        } else {
            return nil
        }
        let meant = OptionSuggestion.option(for: option, among: options).map { " Did you mean '--\($0)'?" } ?? ""
        return "Error: Unknown option '\(TerminalText.safe(option))'.\(meant)" + rest
    }

    private static func unknownOption(_ words: [String], _ options: [String]) -> String? {
        words.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
            .first { !options.contains(String($0.dropFirst(2))) }
    }

    /// The commands, by their names from the first, and their options without dashes.
    static func commands() -> [String: [String]] {
        guard let json = try? JSONValue(parsing: SwiftwaterCommand._dumpHelp()), let root = json["command"] else {
            return [:]
        }
        var found: [String: [String]] = [:]
        func add(_ command: JSONValue, _ path: String) {
            let names = (command["arguments"]?.array ?? []).flatMap { $0["names"]?.array ?? [] }
            if !path.isEmpty { found[path] = names.compactMap { $0["name"]?.string } }
            for sub in command["subcommands"]?.array ?? [] {
                guard let name = sub["commandName"]?.string else { continue }
                add(sub, path.isEmpty ? name : "\(path) \(name)")
            }
        }
        add(root, "")
        return found
    }
}
