import SwiftwaterCore

/// The contents of a journal's directory, read once after a start.
///
/// A crash may tear the last group of the segment that was then the last. Such bytes were never acknowledged and are
/// dropped. Anything else that cannot be read is an error.
package struct JournalContents: Sendable {
    /// All records that can be read, in order.
    package let entries: [Journal.Entry]
    /// The numbers of the segments' first records, oldest first.
    package let segments: [UInt64]
    /// The number of the next record.
    package let nextNumber: UInt64
    /// The number of bytes dropped because they were not a whole record.
    package let droppedBytes: Int
    /// The numbers of records that a repair gave up.
    package let lost: [Range<UInt64>]

    /// What to do about a damaged journal.
    package static let remedy =
        "restore the directory from a backup, or let 'swiftwater checkpoint repair' go on without what is lost"

    /// Returns the path of a segment's file.
    package static func segmentPath(_ directory: String, _ segment: UInt64) -> String {
        JournalFormat.segmentPath(directory, segment)
    }

    /// Reads all segments and checks every record. O(bytes).
    ///
    /// - Throws: `corrupted` if records that were acknowledged are damaged or missing. The error names the first place
    ///   and the number of all records affected.
    package init(directory: String, files: any FileSystem = URLFileSystem()) throws {
        let reader = try JournalReader(directory: directory, files: files)
        if let error = JournalContents.error(reader.damage) { throw error }
        entries = reader.entries
        segments = reader.segments.map(\.first)
        nextNumber = reader.next ?? 0
        droppedBytes = reader.tornBytes
        lost = reader.lost
    }

    /// Creates the contents with one more segment, which has only a fence.
    init(_ contents: JournalContents, andFence number: UInt64) {
        (entries, lost, droppedBytes) = (contents.entries, contents.lost, contents.droppedBytes)
        (segments, nextNumber) = (contents.segments + [number], number + 1)
    }

    /// Returns the error for damaged places, or nil if there are none.
    static func error(_ damage: [JournalDamage]) -> SwiftwaterError? {
        guard let first = damage.first else { return nil }
        let records = damage.reduce(0) { $0 + $1.records.count }
        let others =
            damage.count == 1
            ? "" : "; there are \(damage.count - 1) other places, and \(records) records are affected in all"
        return SwiftwaterError(
            .corrupted, "the log is damaged: \(first.description)\(others)",
            at: .init(file: first.path, byteOffset: first.offset), remedy: remedy)
    }
}
