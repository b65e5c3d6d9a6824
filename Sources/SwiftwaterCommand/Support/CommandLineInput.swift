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

    /// Returns what to say about an option that was given twice and takes one value; nil if there is none.
    static func repeated(_ words: [String]) -> String? {
        let names = words.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
        var counts: [String: Int] = [:]
        for name in names { counts[name, default: 0] += 1 }
        guard counts.values.contains(where: { $0 > 1 }) else { return nil }
        let all = CommandDescription.all()
        let command = CommandDescription.path(in: words, among: all.keys)
        guard let options = all[command],
            let name = names.first(where: { name in
                guard counts[name, default: 0] > 1, let option = options.option(String(name.dropFirst(2))) else {
                    return false
                }
                return !option.isFlag && !option.isRepeating
            })
        else { return nil }
        return
            "Error: \(name) stands here \(counts[name, default: 0]) times, and '\(command)' takes it once.\n"
            + "  Keep the one that is meant."
    }

    private static func isNegativeNumber(_ word: String) -> Bool {
        let digits = word.dropFirst()
        return word.hasPrefix("-") && digits.first.map { $0.isNumber || $0 == "." && digits.count > 1 } ?? false
    }

    /// Returns what to say about 'help' with a word that is not a command; nil for all other words.
    static func unknownHelp(_ words: [String]) -> String? {
        guard words.first == "help", words.count > 1, !words[1].hasPrefix("-") else { return nil }
        let all = CommandDescription.all()
        let asked = Array(words.dropFirst())
        guard CommandDescription.path(in: asked, among: all.keys).isEmpty else { return nil }
        return unknownCommand(asked[0], all.keys.sorted())
    }

    private static func unknownCommand(_ word: String, _ commands: [String]) -> String {
        let meant = OptionSuggestion.nearest(word, commands).map { " Did you mean '\($0)'?" } ?? ""
        return
            "Error: '\(TerminalText.safe(word))' is not a command.\(meant)\n  See 'swiftwater --help' for the commands."
    }

    /// Returns what to say about an error of the parser, in place of its own message; nil to leave it.
    static func message(for text: String, words: [String]) -> String? {
        guard text.hasPrefix("Error: ") else { return nil }
        let all = CommandDescription.all()
        if let first = words.first, !first.hasPrefix("-"), first != "help", all[first] == nil {
            return unknownCommand(first, all.keys.sorted())
        }
        let command = CommandDescription.path(in: words, among: all.keys)
        let inside = all.keys.filter { $0.hasPrefix(command + " ") }.map { String($0.dropFirst(command.count + 1)) }
        if !inside.isEmpty, words.first != "help",
            let word = words.dropFirst(command.split(separator: " ").count).first, !word.hasPrefix("-")
        {
            let meant = OptionSuggestion.nearest(word, inside.sorted()).map { " Did you mean '\(command) \($0)'?" }
            return
                "Error: '\(command)' has no command '\(TerminalText.safe(word))'.\(meant ?? "")\n"
                + "  It has \(inside.sorted().joined(separator: ", "))."
        }
        let options = all[command]?.options.flatMap(\.names) ?? []
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
}
