import SwiftwaterCore
import SwiftwaterStorage

extension CheckpointStore {
    /// Returns the newest checkpoint that is whole, with everything it names; nil if nothing was stored yet.
    ///
    /// The log keeps what older checkpoints need, so nothing is lost with a damaged one.
    ///
    /// - Parameters:
    ///   - log: the log beside the checkpoints.
    ///   - warn: receives what is wrong with newer checkpoints.
    /// - Throws: `corrupted` if there is a log of batches and no whole checkpoint, or if the log lacks what a
    ///   checkpoint knows.
    package func newestUsable(
        _ log: JournalContents, warn: (String) -> Void
    ) throws -> CheckpointManifest? {
        var refused: (any Error)?
        for time in try times().reversed() {
            let manifest: CheckpointManifest
            do {
                manifest = try self.manifest(at: time)
                for object in manifest.steps.flatMap(\.objects) { _ = try read(object) }
            } catch {
                if let known = error as? SwiftwaterError, [.io, .denied].contains(known.code) { throw known }
                refused = refused ?? error
                continue
            }
            try check(log, has: manifest)
            if let refused { warn("resuming from the older checkpoint of \(time): \(refused)") }
            return manifest
        }
        if let refused { throw refused }
        // A start that was interrupted before its first checkpoint has taken input, and made no batch.
        let isBeginning = log.segments.first == 0 && log.entries.allSatisfy { LogRecord.isBlock($0.type) }
        if !log.entries.isEmpty && !isBeginning {
            throw SwiftwaterError(
                .corrupted, "\(directory) has a log but no checkpoint", at: .init(file: directory),
                remedy: "restore the directory from a backup, or start over with an empty one")
        }
        return nil
    }

    /// Throws if the log lacks records that the checkpoint knows. An older checkpoint would not help: what was
    /// acknowledged is lost with them.
    private func check(_ log: JournalContents, has manifest: CheckpointManifest) throws {
        guard manifest.nextRecord <= log.nextNumber else {
            throw SwiftwaterError(
                .corrupted,
                "the log ends before record \(manifest.nextRecord), which the checkpoint of \(manifest.time) knows",
                at: .init(file: journalDirectory), remedy: JournalContents.remedy)
        }
        if let first = log.segments.first, first > manifest.nextRecord {
            throw SwiftwaterError(
                .corrupted,
                "records \(manifest.nextRecord) to \(first - 1), which came after the checkpoint of \(manifest.time), "
                    + "are missing",
                at: .init(file: journalDirectory), remedy: JournalContents.remedy)
        }
    }
}
