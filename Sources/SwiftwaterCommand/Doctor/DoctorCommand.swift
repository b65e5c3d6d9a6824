import ArgumentParser
import Foundation
import Swiftwater

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks this machine, and the files and services that a configuration names.",
        discussion: """
              swiftwater doctor
              swiftwater doctor --config swiftwater.yaml

            Connects to the servers that the configuration names and closes the connection; \
            writes and removes a small file in each directory that will be written to. \
            Exits with 69 if something is bad.
            """)

    /// What `--config` names: `ConfiguredInput` hands it over.
    @Option(help: .hidden) var configFile: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let findings = try MachineChecks.all() + configured()
        try json ? printJSON(findings) : printTable(findings)
        if findings.contains(where: { $0.grade == .bad }) { throw ExitCode(69) }
    }

    private func configured() throws -> [Finding] {
        let commands = CommandDescription.all()
        let file = try configFile.map { try ConfigurationFile($0) }
        if let file {
            if let problem = ConfigurationCheck.unknownKeys(file, commands).first { throw problem }
            try file.setEnvironment()
        }
        let environment = ProcessInfo.processInfo.environment
        let refused =
            file.map { ConfigurationCheck.refusals($0, commands, environment: environment) } ?? []
        return try refused.map { Finding("configuration", $0) }
            + commands.keys.sorted().flatMap { command in
                let values = try ConfiguredOptions(
                    command, commands[command]!, file: file, environment: environment
                ).values
                return values.isEmpty ? [] : ConfiguredChecks(command, values).all()
            }
    }

    private func printTable(_ findings: [Finding]) throws {
        let console = Console()
        let width = findings.map(\.subject.count).max()! + 2
        for finding in findings {
            let style: Console.Style = finding.grade == .good ? .good : finding.grade == .bad ? .bold : .accent
            try console.line(
                console.styled(Format.left(finding.grade.word, 6), style) + Format.left(finding.subject, width)
                    + TerminalText.safe(finding.text))
            if !finding.remedy.isEmpty {
                for (number, line) in Format.wrapped(TerminalText.safe(finding.remedy), 72 - width).enumerated() {
                    try console.line(Format.left("", 6 + width) + (number == 0 ? "→ " : "  ") + line)
                }
            }
        }
        let bad = findings.count { $0.grade == .bad }
        try console.line(bad == 0 ? "\nNothing is in the way." : "\n\(bad) to mend.")
    }

    private func printJSON(_ findings: [Finding]) throws {
        let text = JSONWriter.object { json in
            json.member("findings", array: findings) { json, finding in
                json.object { json in
                    json.member("grade", finding.grade.rawValue)
                    json.member("subject", finding.subject)
                    json.member("text", finding.text)
                    if !finding.remedy.isEmpty { json.member("remedy", finding.remedy) }
                }
            }
        }
        try StandardStream.output.write(text + "\n")
    }
}
