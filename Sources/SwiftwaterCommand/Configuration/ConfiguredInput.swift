import Foundation
import Swiftwater

/// The words of a command line with those that the environment and the configuration file add.
struct ConfiguredInput {
    /// The words for the parser.
    let words: [String]
    /// What was added, for messages about wrong command lines; empty if nothing was.
    let added: ConfiguredOptions?

    /// The commands that read the configuration file themselves.
    private static let readers: Set<String> = ["config", "doctor"]

    /// Takes `--config FILE` from the words, or the file that SWIFTWATER_CONFIG names, and adds the options of the
    /// command.
    ///
    /// - Throws: If the file cannot be read, or has a key that means nothing.
    init(_ given: [String], environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var (words, path) = (given, environment["SWIFTWATER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 })
        let end = words.firstIndex(of: "--") ?? words.count
        if let index = words[..<end].firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }) {
            let word = words.remove(at: index)
            if word == "--config" {
                guard index < words.count, index < end - 1, !words[index].hasPrefix("-") else {
                    throw SwiftwaterError(.invalidArgument, "--config takes a file", remedy: "write --config FILE")
                }
                path = words.remove(at: index)
            } else {
                path = String(word.dropFirst("--config=".count))
            }
        }
        let command = words.first { !$0.hasPrefix("-") } ?? ""
        guard !Self.readers.contains(command) else {
            (self.words, added) = (words + (path.map { ["--config-file=\($0)"] } ?? []), nil)
            return
        }
        let prefix = "SWIFTWATER_\(command.uppercased())_"
        guard !command.isEmpty, command != "help",
            path != nil || environment.keys.contains(where: { $0.hasPrefix(prefix) })
        else {
            (self.words, added) = (words, nil)
            return
        }
        let commands = CommandDescription.all()
        try Self.checkVariables(environment.keys.filter { $0.hasPrefix(prefix) }, of: command, prefix, commands)
        let file = try path.map { try ConfigurationFile($0) }
        if let file {
            if let problem = ConfigurationCheck.unknownKeys(file, commands).first { throw problem }
            try file.setEnvironment()
        }
        let called = CommandDescription.path(in: words, among: commands.keys)
        guard let description = commands[called] else {
            (self.words, added) = (words, nil)
            return
        }
        let options = try ConfiguredOptions(called, description, file: file, environment: environment, given: words)
        let count = called.split(separator: " ").count
        self.words = words.prefix(count) + options.words + words.dropFirst(count)
        added = options
    }

    /// Refuses variables of a command that name none of its options.
    private static func checkVariables(
        _ names: [String], of command: String, _ prefix: String, _ commands: [String: CommandDescription]
    ) throws {
        let own = commands.filter { $0.key == command || $0.key.hasPrefix(command + " ") }
        let known = own.flatMap { path, description in
            let inside = path.split(separator: " ").dropFirst().map { $0.uppercased() + "_" }.joined()
            return description.options.flatMap(\.names).map {
                inside + $0.uppercased().replacingOccurrences(of: "-", with: "_")
            }
        }
        for name in names.sorted() where !known.contains(String(name.dropFirst(prefix.count))) {
            let option = name.dropFirst(prefix.count).lowercased().replacingOccurrences(of: "_", with: "-")
            let options = known.map { $0.lowercased().replacingOccurrences(of: "_", with: "-") }.sorted()
            let meant = OptionSuggestion.option(for: option, among: options).map {
                "did you mean \(prefix)\($0.uppercased().replacingOccurrences(of: "-", with: "_"))?"
            }
            throw SwiftwaterError(
                .invalidArgument, "the variable \(name) names no option of '\(command)'",
                remedy: meant ?? "unset it; 'swiftwater help \(command)' lists the options")
        }
    }

    /// What to add to a message about a wrong command line, so that nobody looks for the fault in what was not written.
    var note: String {
        guard let values = added?.values, !values.isEmpty else { return "" }
        return "\nAlso set:\n"
            + values.map { value in
                let text = ConfiguredOptions.shown(value.values.joined(separator: ", "), of: value.option.name)
                return TerminalText.safe("  \(value.option.name): \(text)  (\(value.origin.description))") + "\n"
            }.joined()
    }
}
