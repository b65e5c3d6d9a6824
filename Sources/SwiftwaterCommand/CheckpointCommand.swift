import ArgumentParser
import Swiftwater

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Looks at what a checkpoint directory holds.",
        discussion: """
              swiftwater checkpoint list state
              swiftwater checkpoint show state
              swiftwater checkpoint verify state
            """,
        subcommands: [List.self, Show.self, Verify.self])

    static func open(_ directory: String) throws -> CheckpointStore {
        guard Directory.isDirectory(directory) else {
            throw SwiftwaterError(.notFound, "\(directory) is no directory", remedy: "name a checkpoint directory")
        }
        return try CheckpointStore(directory: directory)
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The checkpoints, oldest first.")
        @Argument(help: "The checkpoint directory.") var directory: String

        func run() throws {
            let store = try CheckpointCommand.open(directory)
            for time in try store.times() {
                let what: String
                do {
                    let manifest = try store.manifest(at: time)
                    let bytes = manifest.steps.flatMap(\.objects).reduce(0) { $0 + $1.byteCount }
                    what = "\(manifest.appName)  \(manifest.steps.count) steps  \(Format.count(bytes)) bytes of state"
                } catch { what = TerminalText.safe("\(error)") }
                try StandardStream.output.write("\(time.milliseconds)  \(time.civil.timeOfDay) UTC  \(what)\n")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One checkpoint: its sources, steps and outputs.")
        @Argument(help: "The checkpoint directory.") var directory: String
        @Option(help: "The checkpoint's time in milliseconds; the newest unless given.") var time: Int64?

        func run() throws {
            let store = try CheckpointCommand.open(directory)
            guard let time = try time.map({ BatchTime(milliseconds: $0) }) ?? store.times().last else {
                throw SwiftwaterError(.notFound, "\(directory) has no checkpoint")
            }
            let manifest = try store.manifest(at: time)
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
                    lines.append("    \(object.key)  \(Format.count(object.byteCount)) bytes")
                }
            }
            try StandardStream.output.write(TerminalText.safe(lines: lines))
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads every checkpoint, every object and the whole log, and checks them.",
            discussion: "Ends with 65 where something is damaged.")
        @Argument(help: "The checkpoint directory.") var directory: String

        func run() throws {
            let store = try CheckpointCommand.open(directory)
            var damaged = 0
            for time in try store.times() {
                do {
                    let bytes = try store.verify(time)
                    try StandardStream.output.write(
                        "checkpoint \(time.milliseconds)  good, \(Format.count(bytes)) bytes of state\n")
                } catch {
                    damaged += 1
                    try StandardStream.output.write(
                        "checkpoint \(time.milliseconds)  \(TerminalText.safe("\(error)"))\n")
                }
            }
            do {
                let log = try JournalContents(directory: store.journalDirectory)
                let torn = log.droppedBytes > 0 ? ", \(log.droppedBytes) bytes at the end were not whole" : ""
                try StandardStream.output.write(
                    "log  good, \(Format.count(log.entries.count)) records in \(log.segments.count) segments\(torn)\n")
            } catch {
                damaged += 1
                try StandardStream.output.write("log  \(TerminalText.safe("\(error)"))\n")
            }
            if damaged > 0 {
                throw SwiftwaterError(
                    .corrupted, "\(damaged) of these are damaged", at: .init(file: directory),
                    remedy:
                        "an older checkpoint is used where there is one; otherwise restore the directory from a copy")
            }
        }
    }
}

extension TerminalText {
    static func safe(lines: [String]) -> String { lines.map { safe($0) + "\n" }.joined() }
}
