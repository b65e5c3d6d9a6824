import SwiftwaterCore

extension Journal {
    /// Makes a store's journal that was copied to a disk one of the disk: without the fences that are not needed any
    /// more, and with the mark that tells which records were acknowledged.
    ///
    /// - Throws: `corrupted` if it is damaged.
    static func makeLocal(_ directory: String, _ disk: LocalFileSystem) throws {
        let reader = try JournalReader(directory: directory, files: disk, isStored: true)
        if let error = JournalContents.error(reader.damage) { throw error }
        for name in try disk.list(directory) where name.hasSuffix(".log") {
            let path = directory + "/" + name
            if try disk.stamp(path).byteCount == 0 { try disk.remove(path) }
        }
        let next = reader.next ?? 0
        let first = reader.segments.first?.first ?? next
        try disk.replace(JournalMark.path(directory), with: JournalMark.bytes(first..<next))
    }
}
