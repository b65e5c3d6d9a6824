import ArgumentParser
import Swiftwater

struct ConnectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors",
        abstract: "Lists the sources of posts and the sinks of tables: addresses, guarantees, and what they ask for.",
        discussion: """
              swiftwater connectors
              swiftwater connectors --json
            """)
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        if json {
            let text = JSONWriter.object { json in
                json.member("connectors", array: Connector.all) { json, connector in
                    json.object { json in
                        json.member("use", connector.use.rawValue)
                        json.member("address", connector.address)
                        json.member("what", connector.what)
                        json.member("guarantee", connector.guarantee)
                        json.member("access", connector.access)
                        json.member("page", connector.page)
                    }
                }
            }
            return try StandardStream.output.write(text + "\n")
        }
        for (index, use) in Connector.Use.allCases.enumerated() {
            try StandardStream.output.write((index > 0 ? "\n" : "") + use.title + "\n")
            for connector in Connector.all where connector.use == use {
                let lines = [
                    "\(connector.address)  \(connector.what)", "  counts   \(connector.guarantee)",
                    "  access   \(connector.access)", "  see      \(connector.page)",
                ]
                try StandardStream.output.write("\n" + lines.joined(separator: "\n") + "\n")
            }
        }
    }
}
