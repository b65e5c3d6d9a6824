import ArgumentParser
import Foundation
import Swiftwater

extension ConfigCommand {
    struct Example: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "example",
            abstract: "Prints a configuration file with every option of a command, commented out.",
            discussion: """
                  swiftwater config example serve > swiftwater.yaml
                """)

        @Argument(help: "A command, such as serve.") var command: [String]
        @Option(help: .hidden) var configFile: String?

        func run() throws {
            let name = command.joined(separator: " ")
            let all = CommandDescription.all()
            let inside = all.keys.filter { $0.hasPrefix(name + " ") }.sorted()
            guard inside.isEmpty else {
                throw SwiftwaterError(
                    .invalidArgument, "'\(name)' has commands of its own",
                    remedy: "name one of them: \(inside.joined(separator: ", "))")
            }
            guard let description = all[name], !description.options.isEmpty else {
                throw SwiftwaterError(
                    .invalidArgument, "'\(name)' is not a command", remedy: "see 'swiftwater --help' for the commands")
            }
            var (text, indent) = ("", "")
            for word in command {
                text += "\(indent)\(word):\n"
                indent += "  "
            }
            for option in description.options where !ConfiguredOptions.reserved.contains(option.name) {
                for line in Format.wrapped(option.help, 76 - indent.count) { text += "\(indent)# \(line)\n" }
                let value = option.usual ?? (option.isFlag ? "true" : option.valueName.uppercased())
                text += "\(indent)#\(option.name): \(option.isRepeating ? "[\(value)]" : value)\n\n"
            }
            try StandardStream.output.write(text)
        }
    }
}
