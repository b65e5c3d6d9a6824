import ArgumentParser
import Swiftwater

extension CheckpointCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies checkpoints, logs, ratings and the model.",
            discussion: """
                Reads everything that a start reads. Exits with 65 if anything is damaged.

                  swiftwater checkpoint verify state
                """)
        @Argument(help: "Directory of --checkpoint, or of serve --state.") var directory: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let folder = try StateFolder(directory)
            var parts: [Part] = []
            if let stream = folder.stream { try verify(stream: stream, &parts) }
            if let films = folder.films { try verify(films: films, &parts) }
            let damaged = parts.count { !$0.isGood }
            if json {
                try StandardStream.output.write(
                    JSONWriter.object { json in
                        json.member("good", damaged == 0)
                        json.member("parts", array: parts) { json, part in
                            json.object {
                                $0.member("part", part.name)
                                $0.member("good", part.isGood)
                                $0.member("what", part.what)
                            }
                        }
                    } + "\n")
            }
            if damaged > 0 {
                throw SwiftwaterError(
                    .corrupted, "damaged or missing parts: \(damaged)", at: .init(file: directory),
                    remedy:
                        "an older checkpoint is used if there is one; otherwise restore the directory from a backup, "
                        + "or let 'swiftwater checkpoint repair' go on without what is lost")
            }
        }

        /// What was found of a part.
        private struct Part {
            let name: String
            let isGood: Bool
            let what: String
        }

        private func verify(stream: String, _ parts: inout [Part]) throws {
            let store = try CheckpointStore(directory: stream)
            for time in try store.times() {
                try check("checkpoint \(time.milliseconds)", &parts) {
                    "\(Format.count(try store.verify(time), "byte")) of state"
                }
            }
            try check("log", &parts) {
                let log = try JournalContents(directory: store.journalDirectory)
                _ = try store.newestUsable(log) { _ in }
                return log.summary
            }
        }

        private func verify(films: String, _ parts: inout [Part]) throws {
            try check("ratings", &parts) {
                let found = try RatingLog.verify(films + "/ratings")
                let log = try JournalContents(directory: films + "/ratings")
                return
                    "\(Format.count(found.ratings, "rating")) of \(Format.count(found.users, "user")), \(log.summary)"
            }
            let model = films + "/model.swmodel"
            if LocalFileSystem().exists(model) {
                try check("model", &parts) {
                    let model = try ModelFile.read(model)
                    return "\(Format.count(model.userIDs.count, "user")), \(Format.count(model.itemIDs.count, "item"))"
                }
            }
        }

        /// Notes whether a part is good, and prints it.
        private func check(_ name: String, _ parts: inout [Part], _ body: () throws -> String) throws {
            let part: Part
            do {
                part = Part(name: name, isGood: true, what: try body())
            } catch let error as SwiftwaterError where error.code != .io {
                part = Part(name: name, isGood: false, what: "\(error)")
            }
            parts.append(part)
            if json { return }
            try StandardStream.output.write(
                "\(name)  \(part.isGood ? "good, " : "")\(TerminalText.safe(part.what))\n")
        }
    }
}

extension JournalContents {
    /// The size of the log in words, with what was dropped or lost.
    fileprivate var summary: String {
        var text =
            "\(Format.count(entries.count, "record")) in \(segments.count) segment\(segments.count == 1 ? "" : "s")"
        let gone = lost.reduce(0) { $0 + $1.count }
        if gone > 0 { text += ", \(Format.count(gone)) records were lost before" }
        if droppedBytes > 0 { text += ", \(droppedBytes) bytes at the end were never acknowledged" }
        return text
    }
}
