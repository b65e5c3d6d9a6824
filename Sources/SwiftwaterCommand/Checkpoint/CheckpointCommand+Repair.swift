import ArgumentParser
import Swiftwater

extension CheckpointCommand {
    struct Repair: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Goes on without what is damaged in a log, and lists it.",
            discussion: """
                A log that lost acknowledged records is refused. If there is no backup, this writes it again without \
                them. The damaged files are copied first. Everything that can be read stays.

                Lost posts are missing in later counts. A batch whose record is lost is not made again: its posts come \
                with the next batch, and a sink that had it may count them twice. Senders that wait for acknowledgments \
                do not send lost lines again.

                  swiftwater checkpoint repair state --dry-run
                  swiftwater checkpoint repair state
                """)
        @Argument(help: "Directory of --checkpoint, or of serve --state.") var directory: String
        @Flag(help: "List what is lost; change nothing.") var dryRun = false

        func run() throws {
            guard !URLFileSystem.isRemote(directory) else {
                throw SwiftwaterError(
                    .unsupported, "a log in a store is not repaired there", at: .init(file: directory),
                    remedy:
                        "copy the folder to a local directory with 'swiftwater checkpoint backup' and 'restore', "
                        + "repair it there, and go on from that directory")
            }
            let folder = try StateFolder(directory)
            var repaired = 0
            if let stream = folder.stream {
                let store = try CheckpointStore(directory: stream)
                // What checkpoints know was acknowledged.
                let known = try store.times().compactMap { try? store.manifest(at: $0).nextRecord }.max() ?? 0
                repaired += try repair("log", of: stream, store.journalDirectory, atLeast: known)
            }
            if let films = folder.films { repaired += try repair("ratings", of: films, films + "/ratings", atLeast: 0) }
            if repaired == 0 { try StandardStream.output.write("nothing to repair\n") }
        }

        /// Repairs a log, and returns the number of damaged places.
        private func repair(_ name: String, of owner: String, _ journal: String, atLeast end: UInt64) throws -> Int {
            let lock = try LocalFileSystem().lock(owner)
            defer { withExtendedLifetime(lock) {} }
            let files = LocalFileSystem(isPrivate: true)
            let repair = try JournalRepair(directory: journal, atLeast: end, files: files)
            guard !repair.damage.isEmpty else { return 0 }
            for place in repair.damage {
                try StandardStream.output.write(
                    TerminalText.safe("\(name)  \(place.path): \(place.description)") + "\n")
            }
            let counts =
                "\(Format.count(repair.lostCount)) records lost, \(Format.count(repair.readableCount)) kept"
            if dryRun {
                try StandardStream.output.write("\(name)  \(counts); nothing was changed\n")
            } else {
                let copies = journal + ".damaged-\(SystemClock().now().milliseconds)"
                try repair.run(copies: copies)
                try StandardStream.output.write(
                    TerminalText.safe("\(name)  \(counts); the damaged files are in \(copies)") + "\n")
            }
            return repair.damage.count
        }
    }
}
