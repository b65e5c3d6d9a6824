import ArgumentParser
import Swiftwater

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Inspects and repairs what a stream and a server keep.",
        discussion: """
              swiftwater checkpoint list state
              swiftwater checkpoint show state
              swiftwater checkpoint verify state
              swiftwater checkpoint repair state
              swiftwater checkpoint backup state s3a://bucket/backups/2026-11-27
              swiftwater checkpoint restore s3a://bucket/backups/2026-11-27 state
            """,
        subcommands: [List.self, Show.self, Verify.self, Repair.self, Backup.self, Restore.self])

    static func open(_ directory: String) throws -> CheckpointStore {
        let files = URLFileSystem()
        guard try files.isDirectory(directory) else {
            throw SwiftwaterError(.notFound, "\(directory) is not a directory", remedy: "give a checkpoint directory")
        }
        let store = try CheckpointStore(directory: directory)
        guard try !store.times().isEmpty || files.isDirectory(store.journalDirectory) else {
            throw SwiftwaterError(
                .notFound, "\(directory) has no checkpoint and no log",
                remedy: "give the directory of --checkpoint; in that of serve --state, it is 'stream'")
        }
        return store
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the checkpoints, oldest first.", discussion: "  swiftwater checkpoint list state")
        @Argument(help: "Checkpoint directory.") var directory: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let store = try CheckpointCommand.open(directory)
            if json { return try showJSON(store) }
            for time in try store.times() {
                let what: String
                do {
                    let manifest = try store.manifest(at: time)
                    let bytes = manifest.steps.flatMap(\.objects).reduce(0) { $0 + $1.byteCount }
                    what = "\(manifest.appName)  \(manifest.steps.count) steps  \(Format.count(bytes, "byte")) of state"
                } catch { what = TerminalText.safe("\(error)") }
                try StandardStream.output.write(
                    "\(time.milliseconds)  \(time.civil.date) \(time.civil.timeOfDay) UTC  \(what)\n")
            }
        }

        private func showJSON(_ store: CheckpointStore) throws {
            let text = try JSONWriter.object { json in
                try json.member("checkpoints", array: store.times()) { json, time in
                    json.object { json in
                        json.member("time", time.milliseconds)
                        do {
                            let manifest = try store.manifest(at: time)
                            json.member("program", manifest.appName)
                            json.member("steps", manifest.steps.count)
                            json.member("bytes", manifest.steps.flatMap(\.objects).reduce(0) { $0 + $1.byteCount })
                        } catch { json.member("problem", "\(error)") }
                    }
                }
            }
            try StandardStream.output.write(text + "\n")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the sources, steps, and outputs of a checkpoint.",
            discussion: """
                  swiftwater checkpoint show state
                  swiftwater checkpoint show state --time 1764115200000
                """)
        @Argument(help: "Checkpoint directory.") var directory: String
        @Option(help: "Checkpoint time in milliseconds; newest by default.") var time: Int64?
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let store = try CheckpointCommand.open(directory)
            guard let time = try time.map({ BatchTime(milliseconds: $0) }) ?? store.times().last else {
                throw SwiftwaterError(.notFound, "\(directory) has no checkpoint")
            }
            let manifest = try store.manifest(at: time)
            if json { return try StandardStream.output.write(Self.json(manifest) + "\n") }
            var lines = [
                "program         \(manifest.appName)", "time            \(manifest.time)",
                "batch interval  \(manifest.batchInterval.label)", "zero time       \(manifest.zeroTime)",
                "log             from record \(manifest.nextRecord)",
                "outputs         \(manifest.outputs.joined(separator: ", "))",
            ]
            for step in manifest.steps {
                let window = step.window.map { ", window \($0.label)" } ?? ""
                let version = step.version == 0 ? "" : ", version \(step.version)"
                lines.append("'\(step.name)'  \(step.kind)\(window)\(version)  \(step.types.joined(separator: " -> "))")
                for object in step.objects {
                    lines.append("    \(object.key)  \(Format.count(object.byteCount, "byte"))")
                }
            }
            try StandardStream.output.write(TerminalText.safe(lines: lines))
        }

        private static func json(_ manifest: CheckpointManifest) -> String {
            JSONWriter.object { json in
                json.member("program", manifest.appName)
                json.member("time", manifest.time.milliseconds)
                json.member("batchInterval", manifest.batchInterval.wholeMilliseconds)
                json.member("zeroTime", manifest.zeroTime.milliseconds)
                json.member("nextRecord", Int(manifest.nextRecord))
                json.member("outputs", manifest.outputs)
                json.member("steps", array: manifest.steps) { json, step in
                    json.object { json in
                        json.member("name", step.name)
                        json.member("kind", step.kind)
                        json.member("types", step.types)
                        json.member("bytes", step.objects.reduce(0) { $0 + $1.byteCount })
                    }
                }
            }
        }
    }
}

extension TerminalText {
    static func safe(lines: [String]) -> String { lines.map { safe($0) + "\n" }.joined() }
}
