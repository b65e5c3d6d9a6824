import SwiftwaterCore

/// The explicit way on after damage: keeps a copy of the damaged files and writes the journal again without what cannot
/// be read. Lost records keep their numbers, so that nothing else is taken for them.
package struct JournalRepair: Sendable {
    /// The damaged places.
    package let damage: [JournalDamage]
    /// The number of records that can be read.
    package let readableCount: Int
    private let directory: String
    private let files: any FileSystem
    private let reader: UncheckedReader
    private let end: UInt64

    private struct UncheckedReader: @unchecked Sendable { let value: JournalReader }

    /// Looks for damage, and changes nothing.
    ///
    /// - Parameter end: a number that the next record is known to have reached, from elsewhere.
    package init(directory: String, atLeast end: UInt64 = 0, files: any FileSystem = LocalFileSystem()) throws {
        let reader = try JournalReader(directory: directory, files: files)
        var damage = reader.damage
        let next = reader.next ?? 0
        if end > next {
            damage.append(
                JournalDamage(directory, 0, 0, next..<end, "the log ends before them, and a checkpoint knows them"))
        }
        (self.directory, self.files, self.damage, self.reader) = (
            directory, files, damage, UncheckedReader(value: reader)
        )
        self.end = max(end, next)
        readableCount = reader.entries.count
    }

    /// The number of records that are lost.
    package var lostCount: Int { damage.reduce(0) { $0 + $1.records.count } }

    /// Copies the damaged files to `copies`, then replaces them. A crash in between leaves either, and the next repair
    /// goes on.
    package func run(copies: String) throws {
        guard !damage.isEmpty else { return }
        let reader = reader.value
        let rewritten = reader.segments.indices.filter {
            reader.segments[$0].isDamaged || ($0 == reader.segments.count - 1 && end > (reader.next ?? 0))
        }
        try files.createDirectory(copies)
        for path in rewritten.map({ reader.segments[$0].path }) + [JournalMark.path(directory)] {
            guard try files.exists(path) else { continue }
            try files.replace(copies + "/" + path.split(separator: "/").last!, with: try files.read(path))
        }
        for index in rewritten { try rewrite(index, reader) }
        let begin = reader.segments.first?.first ?? end
        if reader.first < begin {
            // Only a record for what is lost.
            try files.replace(
                JournalFormat.segmentPath(directory, reader.first),
                with: JournalRepair.bytes(of: reader.first, [(reader.first, .lost(begin - reader.first))]))
        }
        try files.replace(JournalMark.path(directory), with: JournalMark.bytes(min(reader.first, end)..<end))
    }

    private enum Part { case record(Journal.Entry, ArraySlice<UInt8>), lost(UInt64) }

    /// Writes a segment again: what can be read, and a record for each gap, up to the next segment.
    private func rewrite(_ index: Int, _ reader: JournalReader) throws {
        let segment = reader.segments[index]
        let end = index + 1 < reader.segments.count ? reader.segments[index + 1].first : end
        let bytes = try files.read(segment.path)
        var parts: [(UInt64, Part)] = []
        var number = segment.first
        for entry in reader.entries where entry.number >= segment.first && entry.number < end {
            if entry.number > number { parts.append((number, .lost(entry.number - number))) }
            let range = entry.location.offset..<entry.location.offset + entry.location.count
            parts.append((entry.number, .record(entry, bytes[range])))
            number = entry.number + 1
        }
        if end > number { parts.append((number, .lost(end - number))) }
        let path = JournalFormat.segmentPath(directory, segment.first)
        try files.replace(path, with: JournalRepair.bytes(of: segment.first, parts))
        if path != segment.path { try files.remove(segment.path) }
    }

    private static func bytes(of segment: UInt64, _ parts: [(number: UInt64, part: Part)]) -> [UInt8] {
        var bytes = JournalFormat.segmentHeader(segment)
        var frame = 0
        for (number, part) in parts {
            if frame == 0 || bytes.count - frame >= JournalFormat.frameDistanceBytes {
                frame = bytes.count
                bytes += JournalFormat.frame(.init(number: number, offset: frame, beginsGroup: false))
            }
            switch part {
            case .record(let entry, let payload):
                bytes += JournalFormat.record(number, type: entry.type, Array(payload))
            case .lost(let count):
                var writer = ByteWriter()
                writer.write(integer: count)
                bytes += JournalFormat.record(number, type: JournalFormat.lostType, writer.bytes)
            }
        }
        return bytes
    }
}
