import ArgumentParser
import Foundation
import Swiftwater

extension ConfigCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Checks every key and value of a configuration file. Exits with 65 if one is wrong.",
            discussion: """
                  swiftwater config check swiftwater.yaml

                'swiftwater doctor --config swiftwater.yaml' also tries what the file names.
                """)

        @Argument(help: "The file. (default: that of --config or SWIFTWATER_CONFIG)") var file: String?
        @Flag(help: "Print JSON.") var json = false
        @Option(help: .hidden) var configFile: String?

        func run() throws {
            guard let path = file ?? configFile else {
                throw SwiftwaterError(
                    .invalidArgument, "no file is given", remedy: "write 'swiftwater config check FILE'")
            }
            let commands = CommandDescription.all()
            let configuration = try ConfigurationFile(path)
            var problems = ConfigurationCheck.unknownKeys(configuration, commands)
            if problems.isEmpty {
                problems = ConfigurationCheck.refusals(
                    configuration, commands, environment: ProcessInfo.processInfo.environment)
            }
            let console = Console()
            if json {
                try console.line(
                    JSONWriter.object { json in
                        json.member("file", path)
                        json.member("values", configuration.valueCount)
                        json.member("problems", problems.map { "\($0)" })
                    })
                if !problems.isEmpty { throw ExitCode(65) }
                return
            }
            for problem in problems { console.remark("swiftwater: \(TerminalText.safe("\(problem)"))") }
            if !problems.isEmpty { throw ExitCode(65) }
            let count = configuration.valueCount
            try console.line("\(TerminalText.safe(path)): \(count) \(count == 1 ? "value is" : "values are") good")
        }
    }
}
