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
        @Flag(help: "Print JSON.") var json = false

        /// A log with damage.
        private struct Damaged {
            let name: String
            let repair: JournalRepair
            /// Where the damaged files are; nil if nothing was changed.
            let copies: String?
        }

        func run() throws {
            guard !URLFileSystem.isRemote(directory) else {
                throw SwiftwaterError(
                    .unsupported, "a log in a store is not repaired there", at: .init(file: directory),
                    remedy:
                        "copy the folder to a local directory with 'swiftwater checkpoint backup' and 'restore', "
                        + "repair it there, and go on from that directory")
            }
            let folder = try StateFolder(directory)
            var logs: [Damaged] = []
            if let stream = folder.stream {
                let store = try CheckpointStore(directory: stream)
                // What checkpoints know was acknowledged.
                let known = try store.times().compactMap { try? store.manifest(at: $0).nextRecord }.max() ?? 0
                logs += try [repair("log", of: stream, store.journalDirectory, atLeast: known)].compactMap(\.self)
            }
            if let films = folder.films {
                logs += try [repair("ratings", of: films, films + "/ratings", atLeast: 0)].compactMap(\.self)
            }
            if json { return try StandardStream.output.write(document(logs) + "\n") }
            if logs.isEmpty { try StandardStream.output.write("nothing to repair\n") }
        }

        /// Repairs a log, and says so; returns nil if there is no damage.
        private func repair(_ name: String, of owner: String, _ journal: String, atLeast end: UInt64) throws
            -> Damaged?
        {
            let lock = try LocalFileSystem().lock(owner)
            defer { withExtendedLifetime(lock) {} }
            let files = LocalFileSystem(isPrivate: true)
            let repair = try JournalRepair(directory: journal, atLeast: end, files: files)
            guard !repair.damage.isEmpty else { return nil }
            for place in repair.damage { try say("\(name)  \(place.path): \(place.description)") }
            let counts =
                "\(Format.count(repair.lostCount, "record")) lost, \(Format.count(repair.readableCount)) kept"
            guard !dryRun else {
                try say("\(name)  \(counts); nothing was changed")
                return Damaged(name: name, repair: repair, copies: nil)
            }
            let copies = journal + ".damaged-\(SystemClock().now().milliseconds)"
            try repair.run(copies: copies)
            try say("\(name)  \(counts); the damaged files are in \(copies)")
            return Damaged(name: name, repair: repair, copies: copies)
        }

        private func say(_ text: String) throws {
            if !json { try StandardStream.output.write(TerminalText.safe(text) + "\n") }
        }

        private func document(_ logs: [Damaged]) -> String {
            JSONWriter.object { json in
                json.member("logs", array: logs) { json, log in
                    json.object { json in
                        json.member("log", log.name)
                        json.member("lost", log.repair.lostCount)
                        json.member("kept", log.repair.readableCount)
                        json.member("copies", log.copies)
                        json.member("damage", array: log.repair.damage) { json, place in
                            json.object {
                                $0.member("path", place.path)
                                $0.member("what", place.description)
                            }
                        }
                    }
                }
            }
        }
    }
}
