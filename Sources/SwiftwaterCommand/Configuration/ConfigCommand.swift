import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows and checks the configuration: a file, and variables of the environment.",
        discussion: """
            A file has the options of each command under the command's name:

              serve:
                source: "jetstream:"
                state: /var/lib/swiftwater
                port: 7780

              swiftwater serve --config swiftwater.yaml
              SWIFTWATER_SERVE_PORT=7790 swiftwater serve --config swiftwater.yaml

            The command line comes first, then the environment, then the file. \
            docs/CONFIGURATION.md says more.
            """,
        subcommands: [Show.self, Check.self, Example.self])
}
