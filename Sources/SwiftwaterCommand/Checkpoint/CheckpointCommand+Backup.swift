import ArgumentParser
import Foundation
import Swiftwater

extension CheckpointCommand {
    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies what a stream or a server keeps to another place, also in a store.",
            discussion: """
                Stop the stream or the server first: a directory that is in use is refused. The copy of each file is \
                checked when it is restored. A backup that was not finished is not taken for one.

                  swiftwater checkpoint backup state s3a://bucket/backups/2026-11-27
                """)
        @Argument(help: "Directory of --checkpoint, or of serve --state.") var directory: String
        @Argument(help: "New directory, or new folder of a store.") var place: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let state = try StateFolder(directory)
            let (source, target) = (Self.absolute(directory), Self.absolute(place))
            guard URLFileSystem.isRemote(place) || target != source && !target.hasPrefix(source + "/") else {
                throw SwiftwaterError(
                    .invalidArgument, "\(place) is inside \(directory), which is copied",
                    remedy: "name a place outside of it")
            }
            let owners = [state.stream, state.films].compactMap(\.self)
            let locks = try owners.map { try URLFileSystem().lock($0) }
            defer { withExtendedLifetime(locks) {} }
            let console = Console()
            let inside = owners.map { $0.dropFirst(directory.count).drop { $0 == "/" } }
            let own = inside.flatMap { folder in
                ["lock", "lease"].map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
            }
            let backup = try DirectoryBackup(of: directory, in: place, leavingOut: { own.contains($0) }) {
                console.progress("copying", $0)
            }
            console.endProgress()
            try console.line(json ? backup.json(place: place) : TerminalText.safe("\(backup.counts) in \(place)"))
        }

        /// Returns a path from the root, without links.
        private static func absolute(_ path: String) -> String {
            let url = URL(fileURLWithPath: path).standardizedFileURL
            // What does not exist yet has no links of its own.
            let parent = url.deletingLastPathComponent().resolvingSymlinksInPath().path
            return FileManager.default.fileExists(atPath: url.path)
                ? url.resolvingSymlinksInPath().path
                : (parent == "/" ? "" : parent) + "/" + url.lastPathComponent
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies a backup into a new directory.",
            discussion: """
                The directory appears when all of it is there and matches the checksums of the backup.

                  swiftwater checkpoint restore s3a://bucket/backups/2026-11-27 state
                  swiftwater checkpoint restore s3a://bucket/backups/2026-11-27 --dry-run
                """)
        @Argument(help: "Place of a backup.") var place: String
        @Argument(help: "New directory of the disk.") var directory: String?
        @Flag(help: "Read and check the backup; write nothing.") var dryRun = false
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard dryRun == (directory == nil) else {
                throw ValidationError("Give a directory, or --dry-run to only check the backup.")
            }
            if let directory, URLFileSystem.isRemote(directory) {
                throw ValidationError("A backup is restored to a local directory, not to \(directory).")
            }
        }

        func run() throws {
            let console = Console()
            let backup = try DirectoryBackup(at: place)
            try backup.restore(to: directory) { console.progress(dryRun ? "reading" : "copying", $0) }
            console.endProgress()
            if json { return try console.line(backup.json(place: directory)) }
            try console.line(
                TerminalText.safe(directory.map { "\(backup.counts) in \($0)" } ?? "good, \(backup.counts)"))
        }
    }
}

extension DirectoryBackup {
    fileprivate var counts: String {
        "\(Format.count(fileCount, "file")), \(Format.count(byteCount, "byte"))"
    }

    /// - Parameter place: where it is now; nil if it was only read.
    fileprivate func json(place: String?) -> String {
        JSONWriter.object { json in
            json.member("files", fileCount)
            json.member("bytes", byteCount)
            json.member("place", place)
        }
    }
}
