import SwiftwaterCore

/// Reads the segments of a journal, past whatever is damaged. O(bytes), however much that is.
///
/// What cannot be read is *torn* if it was never acknowledged: it is at the end, the mark does not count it, and no
/// later group begins after it. Anything else is *damaged*.
struct JournalReader {
    /// A segment's file.
    struct Segment {
        var path: String
        var first: UInt64
        /// Whether its file has to be written again to be whole: it has damaged places, or records after it are
        /// missing.
        var isDamaged = false
    }

    private(set) var entries: [Journal.Entry] = []
    private(set) var segments: [Segment] = []
    /// The number of the next record.
    private(set) var next: UInt64?
    private(set) var damage: [JournalDamage] = []
    /// The records that a repair gave up.
    private(set) var lost: [Range<UInt64>] = []
    private(set) var torn: (path: String, offset: Int, bytes: Int)?
    private(set) var tornBytes = 0
    private let directory: String
    /// Whether the journal is in a store, where a segment is there whole or not at all.
    private let isStored: Bool
    private var needed: Range<UInt64> = 0..<0
    private var mark: UInt64 { isStored ? .max : needed.upperBound }

    init(directory: String, files: any FileSystem) throws {
        try self.init(directory: directory, files: files, isStored: files.store(of: directory) != nil)
    }

    /// - Parameter isStored: whether the journal has a store's form.
    init(directory: String, files: any FileSystem, isStored: Bool) throws {
        (self.directory, self.isStored) = (directory, isStored)
        var hasMark = false
        do {
            if !isStored, let bounds = try JournalMark.read(directory, files) { (needed, hasMark) = (bounds, true) }
        } catch let error as SwiftwaterError where error.code == .corrupted {
            damage.append(
                JournalDamage(
                    path: JournalMark.path(directory), offset: 0, bytes: 0, records: 0..<0, what: error.message))
            hasMark = true
        }
        var names = try files.list(directory).filter { $0.hasSuffix(".log") }
        if isStored && names.isEmpty { try addUnlisted(to: &names, at: 0, files) }
        var needsMark = false
        var position = 0
        while position < names.count {
            defer { position += 1 }
            let path = directory + "/" + names[position]
            let bytes = try files.read(path)
            // A fence that is not needed any more.
            if isStored && bytes.isEmpty { continue }
            let isLast = try !isStored && !hasRecords(names[(position + 1)...], files)
            let header = JournalFormat.header(of: bytes)
            guard let first = header?.first ?? firstNumber(path, bytes, isLast: isLast) else { continue }
            needsMark = needsMark || header?.isCurrent == true
            read(bytes, path, first, isCurrent: header?.isCurrent ?? true, isLast: isLast, hasHeader: header != nil)
            if isStored { try addUnlisted(to: &names, at: position + 1, files) }
        }
        guard !isStored else { return }
        if needsMark && !hasMark {
            damage.append(
                JournalDamage(
                    path: JournalMark.path(directory), offset: 0, bytes: 0, records: 0..<0,
                    what: "the file is missing; it tells which records were acknowledged"))
        }
        let begin = min(segments.first?.first ?? mark, mark)
        if begin > needed.lowerBound {
            let records = needed.lowerBound..<begin
            damage.append(JournalDamage(directory, 0, 0, records, "a file is missing"))
            next = next ?? begin
        }
        if let end = next, mark > end { add(missing: end..<mark, after: nil) }
    }

    /// Adds the segment that follows, if a list left it out, as it may what was put a moment ago.
    private func addUnlisted(to names: inout [String], at position: Int, _ files: any FileSystem) throws {
        let path = JournalFormat.segmentPath(directory, next ?? 0)
        let name = String(path.dropFirst(directory.count + 1))
        if position < names.count, names[position] == name { return }
        // Not the one that was just read, if nothing in it can be read.
        guard !names.contains(name), try files.exists(path) else { return }
        names.insert(name, at: position)
    }

    /// The number of the first record that the log has or has lost.
    var first: UInt64 { min(segments.first?.first ?? .max, needed.lowerBound) }

    /// Returns whether one of the files has more than a header that a crash may have torn.
    private func hasRecords(_ names: ArraySlice<String>, _ files: any FileSystem) throws -> Bool {
        for name in names {
            let path = directory + "/" + name
            if try files.stamp(path).byteCount > JournalFormat.segmentHeaderBytes { return true }
            if try JournalFormat.header(of: files.read(path)) != nil { return true }
        }
        return false
    }

    /// Returns the number in the name of a file without a header, or nil if a crash tore the header: then the file has
    /// no records.
    private mutating func firstNumber(_ path: String, _ bytes: [UInt8], isLast: Bool) -> UInt64? {
        let number = UInt64(path.split(separator: "/").last!.dropLast(4))
        if isLast && bytes.count <= JournalFormat.segmentHeaderBytes && (number ?? 0) >= mark {
            tornBytes += bytes.count
            torn = (path, 0, bytes.count)
            return nil
        }
        guard let number else {
            damage.append(
                JournalDamage(
                    path: path, offset: 0, bytes: bytes.count, records: 0..<0, what: "the file's name is not a number"))
            return nil
        }
        return number
    }

    private mutating func read(
        _ bytes: [UInt8], _ path: String, _ first: UInt64, isCurrent: Bool, isLast: Bool, hasHeader: Bool
    ) {
        if let expected = next, first > expected { add(missing: expected..<first, after: segments.count - 1) }
        segments.append(Segment(path: path, first: first))
        if !hasHeader { add(JournalDamage(path, 0, 20, first..<first, "the header is not that of a segment")) }
        if path != JournalFormat.segmentPath(directory, first) {
            add(JournalDamage(path, 8, 8, first..<first, "the file's name does not match its first record, \(first)"))
        }
        if let expected = next, first < expected {
            add(JournalDamage(path, 8, 8, first..<expected, "records \(first) to \(expected - 1) are there twice"))
            entries.removeAll { $0.number >= first }
        }
        var scan = SegmentScan(bytes, segment: first, mark: mark, isCurrent: isCurrent)
        scan.run()
        entries += scan.entries
        lost += scan.lost
        for place in scan.damage {
            add(JournalDamage(path, place.offset, place.bytes, place.records, place.what))
        }
        next = scan.next
        if let offset = scan.tornOffset, isStored {
            add(
                JournalDamage(
                    path, offset, bytes.count - offset, next!..<next!,
                    "the bytes from \(offset) to the end are damaged"))
        } else if let offset = scan.tornOffset {
            tornBytes += bytes.count - offset
            torn = (path, offset, bytes.count - offset)
            if isLast && !isCurrent {
                add(
                    JournalDamage(
                        path, offset, bytes.count - offset, next!..<next!,
                        "the last \(bytes.count - offset) bytes cannot be read, and this version of the file does not "
                            + "tell whether they were acknowledged"))
            }
        }
    }

    private mutating func add(_ place: JournalDamage) {
        damage.append(place)
        if !segments.isEmpty { segments[segments.count - 1].isDamaged = true }
    }

    /// Adds records that are in no file: a file is missing or cut, or its last records are not readable.
    private mutating func add(missing records: Range<UInt64>, after segment: Int?) {
        let index = segment ?? segments.count - 1
        let place = torn.flatMap { torn in
            segments.indices.contains(index) && torn.path == segments[index].path ? torn : nil
        }
        let path = place?.path ?? (segments.indices.contains(index) ? segments[index].path : directory)
        if segments.indices.contains(index) { segments[index].isDamaged = true }
        damage.append(
            JournalDamage(
                path, place?.offset ?? 0, place?.bytes ?? 0, records,
                place == nil ? "the log ends before them, or a file is missing" : "they cannot be read"))
        next = records.upperBound
    }
}

/// A place in a journal that was acknowledged and cannot be read.
package struct JournalDamage: Sendable {
    /// The file.
    package var path: String
    /// Where the unreadable bytes begin.
    package var offset: Int
    /// The number of unreadable bytes; 0 if they are not there.
    package var bytes: Int
    /// The numbers of the affected records.
    package var records: Range<UInt64>
    /// What is wrong.
    package var what: String

    init(path: String, offset: Int, bytes: Int, records: Range<UInt64>, what: String) {
        (self.path, self.offset, self.bytes, self.records, self.what) = (path, offset, bytes, records, what)
    }

    init(_ path: String, _ offset: Int, _ bytes: Int, _ records: Range<UInt64>, _ what: String) {
        self.init(path: path, offset: offset, bytes: bytes, records: records, what: what)
    }

    /// The place and the affected records in words.
    package var description: String {
        switch records.count {
        case 0: what
        case 1: "record \(records.lowerBound): \(what)"
        default: "records \(records.lowerBound) to \(records.upperBound - 1): \(what)"
        }
    }
}
