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

        func run() throws {
            let folder = try StateFolder(directory)
            var damaged = 0
            if let stream = folder.stream { damaged += try verify(stream: stream) }
            if let films = folder.films { damaged += try verify(films: films) }
            if damaged > 0 {
                throw SwiftwaterError(
                    .corrupted, "damaged or missing parts: \(damaged)", at: .init(file: directory),
                    remedy:
                        "an older checkpoint is used if there is one; otherwise restore the directory from a backup, "
                        + "or let 'swiftwater checkpoint repair' go on without what is lost")
            }
        }

        private func verify(stream: String) throws -> Int {
            let store = try CheckpointStore(directory: stream)
            var damaged = 0
            for time in try store.times() {
                damaged += try check("checkpoint \(time.milliseconds)") {
                    "\(Format.count(try store.verify(time))) bytes of state"
                }
            }
            damaged += try check("log") {
                let log = try JournalContents(directory: store.journalDirectory)
                _ = try store.newestUsable(log) { _ in }
                return log.summary
            }
            return damaged
        }

        private func verify(films: String) throws -> Int {
            var damaged = try check("ratings") {
                let found = try RatingLog.verify(films + "/ratings")
                let log = try JournalContents(directory: films + "/ratings")
                return "\(Format.count(found.ratings)) ratings of \(Format.count(found.users)) users, \(log.summary)"
            }
            let model = films + "/model.swmodel"
            if LocalFileSystem().exists(model) {
                damaged += try check("model") {
                    let model = try ModelFile.read(model)
                    return "\(Format.count(model.userIDs.count)) users, \(Format.count(model.itemIDs.count)) items"
                }
            }
            return damaged
        }

        /// Prints whether a part is good, and returns the number of damaged parts: 0 or 1.
        private func check(_ name: String, _ body: () throws -> String) throws -> Int {
            do {
                let what = try body()
                try StandardStream.output.write("\(name)  good, \(what)\n")
                return 0
            } catch let error as SwiftwaterError where error.code != .io {
                try StandardStream.output.write("\(name)  \(TerminalText.safe("\(error)"))\n")
                return 1
            }
        }
    }
}

extension JournalContents {
    /// The size of the log in words, with what was dropped or lost.
    fileprivate var summary: String {
        var text =
            "\(Format.count(entries.count)) records in \(segments.count) segment\(segments.count == 1 ? "" : "s")"
        let gone = lost.reduce(0) { $0 + $1.count }
        if gone > 0 { text += ", \(Format.count(gone)) records were lost before" }
        if droppedBytes > 0 { text += ", \(droppedBytes) bytes at the end were never acknowledged" }
        return text
    }
}
