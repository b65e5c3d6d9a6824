import ArgumentParser
import Swiftwater

/// What is wrong with a configuration file.
enum ConfigurationCheck {
    /// Returns keys that mean nothing, in the order of the file.
    static func unknownKeys(_ file: ConfigurationFile, _ commands: [String: CommandDescription]) -> [SwiftwaterError] {
        file.entries.compactMap { entry in
            if entry.values.isEmpty {
                // A command all of whose options are comments.
                if isCommand(entry.path.joined(separator: " "), commands) { return nil }
                return ConfigurationFile.problem(
                    "'\(entry.path.joined(separator: "."))' has no value", file.name, entry.line,
                    "write one, or remove the line")
            }
            guard let (what, remedy) = problem(entry.path, commands) else { return nil }
            return ConfigurationFile.problem(what, file.name, entry.line, remedy)
        }
    }

    private static func isCommand(_ words: String, _ commands: [String: CommandDescription]) -> Bool {
        words == ConfigurationFile.shared || words == ConfigurationFile.environment || commands[words] != nil
    }

    private static func problem(
        _ path: [String], _ commands: [String: CommandDescription]
    ) -> (what: String, remedy: String)? {
        if path[0] == ConfigurationFile.environment {
            return path.count == 2 ? nil : ("'environment' takes variables", "write NAME: VALUE below it")
        }
        if path[0] == ConfigurationFile.shared {
            guard path.count == 2 else { return ("'all' takes options", "write OPTION: VALUE below it") }
            let names = Set(commands.values.flatMap { $0.options.flatMap(\.names) })
            return unknown(path[1], among: names.sorted(), "no command has an option '\(path[1])'")
        }
        let command = CommandDescription.path(in: path, among: commands.keys)
        guard let description = commands[command] else {
            let meant = OptionSuggestion.nearest(path[0], commands.keys.sorted()).map { "did you mean '\($0)'?" }
            return ("'\(path[0])' is not a command", meant ?? "see 'swiftwater --help' for the commands")
        }
        let rest = path.dropFirst(command.split(separator: " ").count)
        guard let name = rest.first else { return ("'\(command)' takes options", "write OPTION: VALUE below it") }
        if rest.count > 1 {
            return ("'\(path.joined(separator: "."))' is nested too deep", "write OPTION: VALUE below '\(command)'")
        }
        if description.arguments.contains(name), description.option(name) == nil {
            return ("'\(name)' is an argument of '\(command)'", "give it on the command line")
        }
        return unknown(name, among: description.options.flatMap(\.names), "'\(command)' has no option '\(name)'")
    }

    private static func unknown(_ name: String, among names: [String], _ what: String) -> (String, String)? {
        if ConfiguredOptions.reserved.contains(name) { return ("'\(name)' cannot be configured", "remove it") }
        guard !names.contains(name) else { return nil }
        let meant = OptionSuggestion.option(for: name, among: names).map { "did you mean '\($0)'?" }
        return (what, meant ?? "see 'swiftwater help COMMAND' for the options")
    }

    /// Returns the commands that would refuse their options, with what they say. That something is missing is not a
    /// fault: the command line may have it.
    static func refusals(
        _ file: ConfigurationFile, _ commands: [String: CommandDescription], environment: [String: String]
    ) -> [SwiftwaterError] {
        let configured = Set(
            file.entries.filter { !$0.values.isEmpty }.map {
                CommandDescription.path(in: $0.path, among: commands.keys)
            }
        )
        return configured.sorted().compactMap { command in
            guard let description = commands[command] else { return nil }
            do {
                let options = try ConfiguredOptions(command, description, file: file, environment: environment)
                let words = command.split(separator: " ").map(String.init) + options.words
                // The command line may have any of the arguments.
                guard let text = refusal(words + description.requiredArguments),
                    refusal(words + description.arguments) != nil
                else { return nil }
                let line = file.entries.first { text.contains("--\($0.path.last!)") && $0.path.count > 1 }?.line
                return ConfigurationFile.problem(
                    "'\(command)' refuses its options: \(text)", file.name, line ?? file.line(command, commands),
                    "correct the value")
            } catch {
                return error as? SwiftwaterError
            }
        }
    }

    /// Returns what the parser says of a command line; nil if it is good, or if only something is missing.
    private static func refusal(_ words: [String]) -> String? {
        do {
            _ = try SwiftwaterCommand.parseAsRoot(words)
            return nil
        } catch {
            let text = SwiftwaterCommand.message(for: error)
            return text.hasPrefix("Missing") ? nil : text
        }
    }
}

extension ConfigurationFile {
    /// Returns the first line of a command's options.
    fileprivate func line(_ command: String, _ commands: [String: CommandDescription]) -> Int {
        entries.first { CommandDescription.path(in: $0.path, among: commands.keys) == command }?.line ?? 1
    }
}
