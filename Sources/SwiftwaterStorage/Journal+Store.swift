import SwiftwaterCore

/// A journal in a store.
///
/// Each group is a segment of its own, an object that is put only if there is none with its key. So it is there whole
/// or not at all, and of two processes that write a record of the same number one fails. Nothing is torn, and no mark
/// is needed: what was acknowledged is there.
///
/// A process begins with a fence: a record with its lease's number, at the number at which the one before would go on.
/// Whatever that one writes afterwards is refused. A fence that is not needed any more becomes an empty object, so
/// that it still refuses.
extension Journal {
    /// The store's part of a directory, if it is in a store.
    struct StorePlace {
        let store: any ObjectStore
        let folder: String

        init?(_ directory: String, _ files: any FileSystem) throws {
            guard let place = try files.store(of: directory) else { return nil }
            (store, folder) = (place.store, place.key)
        }

        func key(_ segment: UInt64) -> String { JournalFormat.segmentPath(folder, segment) }
    }

    /// The number of fences that stay when they are not needed any more. A process would have to sleep through the
    /// leases of this many others.
    private static let keptFences = 16

    /// Writes this process's fence, and returns what the log has. Nothing that another process writes comes after.
    ///
    /// - Parameter lease: the lease of this process.
    package static func fence(
        _ lease: StoreLease, directory: String, files: any FileSystem
    ) throws -> JournalContents {
        while true {
            let contents = try JournalContents(directory: directory, files: files)
            guard let place = try StorePlace(directory, files) else { return contents }
            var payload = ByteWriter()
            payload.write(integer: lease.number)
            payload.write(string: lease.owner)
            let bytes =
                segment(
                    contents.nextNumber,
                    [JournalFormat.record(contents.nextNumber, type: JournalFormat.fenceType, payload.bytes)])
            // Otherwise the process before wrote a group in the meantime; it counts.
            if try place.store.putIfAbsent(place.key(contents.nextNumber), bytes) != nil {
                return JournalContents(contents, andFence: contents.nextNumber)
            }
        }
    }

    /// Returns a whole segment of one group.
    private static func segment(_ first: UInt64, _ records: [[UInt8]]) -> [UInt8] {
        var bytes = JournalFormat.segmentHeader(first)
        bytes += JournalFormat.frame(.init(number: first, offset: bytes.count, beginsGroup: true))
        for record in records { bytes += record }
        return bytes
    }

    /// Puts a group. A long one is several segments.
    func putGroup(_ records: [Queued], _ place: StorePlace) throws -> [UInt64] {
        var segments: [UInt64] = []
        var start = records.startIndex
        while start < records.endIndex {
            var end = start
            var size = 0
            repeat {
                size += records[end].byteCount
                end += 1
            } while end < records.endIndex && size + records[end].byteCount <= settings.segmentMaxBytes
            let first = records[start].number
            var bytes = JournalFormat.segmentHeader(first)
            var frameOffset = -JournalFormat.frameDistanceBytes
            for record in records[start..<end] {
                if bytes.count - frameOffset >= JournalFormat.frameDistanceBytes {
                    frameOffset = bytes.count
                    bytes += JournalFormat.frame(
                        .init(number: record.number, offset: bytes.count, beginsGroup: record.number == first))
                }
                bytes += record.header
                record.body?.withBytes { bytes.append(contentsOf: $0) }
            }
            guard try place.store.putIfAbsent(place.key(first), bytes) != nil else {
                throw SwiftwaterError(
                    .invalidState, "another driver goes on with \(place.store.name(of: place.folder))",
                    at: .init(file: place.store.name(of: place.key(first))),
                    remedy: "this one has lost its lease, and nothing that it was told since is acknowledged")
            }
            segments.append(first)
            start = end
        }
        return segments
    }

    /// Removes a segment; a fence becomes empty.
    static func remove(_ segment: UInt64, _ place: StorePlace) throws {
        let key = place.key(segment)
        let head = JournalFormat.segmentHeaderBytes + JournalFormat.frameBytes
        let start = try place.store.get(key, head..<head + 9)
        if start.count == 9, start[8] == JournalFormat.fenceType {
            try place.store.put(key, [])
            let prefix = place.folder + "/"
            let empty = try place.store.list(prefix: prefix).filter { $0.byteCount == 0 && $0.key.hasSuffix(".log") }
            for object in empty.dropLast(keptFences) { try place.store.delete(object.key) }
        } else {
            try place.store.delete(key)
        }
    }
}
