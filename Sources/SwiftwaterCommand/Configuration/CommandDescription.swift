import ArgumentParser
import Swiftwater

/// A command as the parser describes it: its options and arguments.
struct CommandDescription {
    struct Option {
        /// The long name that help shows, without dashes.
        let name: String
        /// All names, without dashes.
        let names: [String]
        let isFlag: Bool
        let isRepeating: Bool
        let help: String
        let valueName: String
        let usual: String?
    }

    let options: [Option]
    /// The names of the arguments that must be given.
    let requiredArguments: [String]
    /// The names of all arguments.
    let arguments: [String]

    /// Returns the option of a name, without dashes.
    func option(_ name: String) -> Option? { options.first { $0.names.contains(name) } }

    /// All commands by the words that call them, such as `checkpoint verify`.
    static func all() -> [String: CommandDescription] {
        guard let json = try? JSONValue(parsing: SwiftwaterCommand._dumpHelp()), let root = json["command"] else {
            return [:]
        }
        var found: [String: CommandDescription] = [:]
        func add(_ command: JSONValue, _ path: String) {
            found[path] = CommandDescription(command)
            for sub in command["subcommands"]?.array ?? [] {
                guard let name = sub["commandName"]?.string else { continue }
                add(sub, path.isEmpty ? name : "\(path) \(name)")
            }
        }
        add(root, "")
        found[""] = nil
        return found
    }

    /// Returns the words at the beginning that name a command.
    static func path(in words: [String], among all: some Collection<String>) -> String {
        words.prefix { !$0.hasPrefix("-") }.reduce(into: "") { path, word in
            let longer = path.isEmpty ? word : "\(path) \(word)"
            if all.contains(longer) { path = longer }
        }
    }

    private init(_ command: JSONValue) {
        let arguments = command["arguments"]?.array ?? []
        options = arguments.compactMap { argument in
            let names = (argument["names"]?.array ?? []).filter { $0["kind"]?.string != "short" }
                .compactMap { $0["name"]?.string }
            guard let first = names.first else { return nil }
            return Option(
                name: argument["preferredName"]?["name"]?.string ?? first, names: names,
                isFlag: argument["kind"]?.string == "flag", isRepeating: argument["isRepeating"]?.bool ?? false,
                help: argument["abstract"]?.string ?? "", valueName: argument["valueName"]?.string ?? first,
                usual: argument["defaultValue"]?.string)
        }
        let positional = arguments.filter { $0["kind"]?.string == "positional" }
        self.arguments = positional.compactMap { $0["valueName"]?.string }
        requiredArguments = positional.filter { $0["isOptional"]?.bool == false }.compactMap { $0["valueName"]?.string }
    }
}
