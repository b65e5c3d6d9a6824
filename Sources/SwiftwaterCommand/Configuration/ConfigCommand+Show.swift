import ArgumentParser
import Foundation
import Swiftwater

extension ConfigCommand {
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Shows what is set, and where each value comes from.",
            discussion: """
                  swiftwater config show --config swiftwater.yaml
                  swiftwater config show serve --config swiftwater.yaml   # with defaults
                """)

        @Argument(help: "A command, such as serve; by default all that have something set.") var command: [String] = []
        @Option(help: .hidden) var configFile: String?
        @Flag(help: "Print JSON.") var json = false

        private struct Row {
            let command: String
            let name: String
            let value: String
            let origin: String
        }

        func run() throws {
            let commands = CommandDescription.all()
            let file = try configFile.map { try ConfigurationFile($0) }
            if let file, let problem = ConfigurationCheck.unknownKeys(file, commands).first { throw problem }
            let name = command.joined(separator: " ")
            guard command.isEmpty || commands[name] != nil else {
                throw SwiftwaterError(
                    .invalidArgument, "'\(name)' is not a command", remedy: "see 'swiftwater --help' for the commands")
            }
            var rows = try (command.isEmpty ? commands.keys.sorted() : [name]).flatMap { command in
                try Self.rows(command, commands[command]!, file, withUsual: !self.command.isEmpty)
            }
            if command.isEmpty, let file { rows += Self.variables(file) }
            try json ? printJSON(rows) : printTable(rows)
        }

        private static func rows(
            _ command: String, _ description: CommandDescription, _ file: ConfigurationFile?, withUsual: Bool
        ) throws -> [Row] {
            let values = try ConfiguredOptions(
                command, description, file: file, environment: ProcessInfo.processInfo.environment
            ).values
            return description.options.compactMap { option in
                if let value = values.first(where: { $0.option.name == option.name }) {
                    let shown = value.values.map { ConfiguredOptions.shown($0, of: option.name) }.joined(
                        separator: ", ")
                    return Row(command: command, name: option.name, value: shown, origin: value.origin.description)
                }
                guard withUsual, let usual = option.usual else { return nil }
                return Row(command: command, name: option.name, value: usual, origin: "default")
            }
        }

        private static func variables(_ file: ConfigurationFile) -> [Row] {
            file.entries.filter { $0.path.first == ConfigurationFile.environment }.map { entry in
                let name = entry.path[1]
                let own = ProcessInfo.processInfo.environment[name]
                return Row(
                    command: "environment", name: name,
                    value: ConfiguredOptions.shown(own ?? entry.values.joined(separator: ", "), of: name),
                    origin: own == nil ? "\(file.name):\(entry.line)" : "the environment")
            }
        }

        private func printTable(_ rows: [Row]) throws {
            let console = Console()
            guard !rows.isEmpty else { return try console.line("Nothing is set.") }
            let width = rows.map(\.name.count).max()! + 2
            let values = min(36, rows.map { Format.columns($0.value) }.max()! + 2)
            var command = ""
            for row in rows {
                if row.command != command {
                    try console.line((command.isEmpty ? "" : "\n") + console.styled(row.command, .bold))
                    command = row.command
                }
                let text = TerminalText.safe(row.value)
                // A value that is too long for its column moves the origin to a line of its own.
                let isLong = Format.columns(text) > values - 2
                try console.line(
                    "  " + Format.left(row.name, width)
                        + (isLong ? text + "\n  " + Format.left("", width + values) : Format.left(text, values))
                        + console.styled(row.origin, .dim))
            }
        }

        private func printJSON(_ rows: [Row]) throws {
            let text = JSONWriter.object { json in
                json.member("values", array: rows) { json, row in
                    json.object { json in
                        json.member("command", row.command)
                        json.member("name", row.name)
                        json.member("value", row.value)
                        json.member("origin", row.origin)
                    }
                }
            }
            try StandardStream.output.write(text + "\n")
        }
    }
}
