import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The parsed columns of a ratings file in a compact file beside it: `ratings.csv.swratings`.
///
/// A cache is valid for a file of one size and modification time, read in one format. A cache that does not match or is
/// damaged is ignored and replaced. `docs/FORMATS.md` describes the format.
package enum RatingsCache {
    /// The first bytes of the file.
    package static let magic = Array("SWRATING".utf8)
    /// The version that is written; others are ignored.
    package static let version: UInt32 = 2
    private static let pieceRows = 1 << 20
    /// Flipping this bit makes unsigned order that of signed numbers.
    private static let signBit: UInt64 = 1 << 63

    static func path(for file: String) -> String { file + ".swratings" }

    // MARK: Writing

    static func write(
        _ ratings: Ratings, _ report: RatingsReport, _ stamp: FileStamp, _ format: RatingsFormat, to path: String,
        files: any FileSystem = URLFileSystem()
    ) throws {
        let file = try AtomicFile(path: path, files: files)
        var output = SectionWriter(file: file)
        try output.write(magic)
        var header = ByteWriter()
        header.write(integer: version)
        format.fingerprint.withUnsafeBytes { header.write(countedBytes: $0) }
        header.write(integer: stamp.byteCount)
        header.write(integer: stamp.modified)
        let samples = report.samples + (report.timeSample.map { [$0] } ?? [])
        for count in [
            report.rows, report.malformedRows, report.duplicates, report.rowsWithoutTime,
            report.timeSample == nil ? 0 : 1, samples.count,
        ] {
            header.write(integer: UInt64(count))
        }
        for sample in samples {
            header.write(string: sample.message)
            header.write(string: sample.remedy ?? "")
            header.write(integer: Int64(sample.location?.line ?? 0))
        }
        for count in [ratings.count, ratings.userIDs.count, ratings.itemIDs.count] {
            header.write(integer: UInt64(count))
        }
        var length = ByteWriter()
        length.write(integer: UInt64(header.bytes.count))
        try output.write(length.bytes)
        try output.write(header.bytes)
        try output.write(identifiers: ratings.userIDs)
        try output.write(identifiers: ratings.itemIDs)
        let rows = ratings.count
        try PackedNumbers.write(rows, to: &output) { UInt64(ratings.users[$0]) }
        try PackedNumbers.write(rows, to: &output) { UInt64(ratings.items[$0]) }
        try PackedNumbers.write(rows, to: &output) { UInt64(ratings.values[$0].bitPattern) }
        try PackedNumbers.write(rows, to: &output) { UInt64(bitPattern: ratings.timestamps[$0]) ^ signBit }
        try output.finish()
        try file.commit()
    }

    // MARK: Reading

    /// Reads the cache of a file. Returns nil if there is none or it does not match the file.
    static func read(
        _ path: String, _ stamp: FileStamp, _ format: RatingsFormat, files: any FileSystem = URLFileSystem()
    ) throws -> RatingsReading? {
        let file: MappedFile
        do { file = try files.map(path) } catch let error as SwiftwaterError where error.code == .notFound {
            return nil
        }
        return try file.withBytes { bytes in
            var input = try SectionReader(
                bytes, of: file, magic: magic, what: "ratings cache", writer: "this program", remedy: "remove it")
            let length: UInt64 = try input.integer()
            var header = ByteReader(try input.bytes(count: Int(clamping: length)))
            guard try header.readInteger(UInt32.self) == version else { return nil }
            let isSameFormat = try header.readCountedBytes { Array($0) } == format.fingerprint
            let (byteCount, modified) = (try header.readInteger(Int64.self), try header.readInteger(Int64.self))
            guard isSameFormat, byteCount == stamp.byteCount, modified == stamp.modified else { return nil }
            return try read(&input, &header, format)
        }
    }

    private static func read(
        _ input: inout SectionReader, _ header: inout ByteReader, _ format: RatingsFormat
    ) throws -> RatingsReading {
        func count() throws -> Int { Int(clamping: try header.readInteger(UInt64.self)) }
        var report = RatingsReport()
        (report.rows, report.malformedRows, report.duplicates) = (try count(), try count(), try count())
        report.rowsWithoutTime = try count()
        let hasTimeSample = try count() > 0
        for _ in 0..<(try count()) {
            let (message, remedy) = (try header.readString(), try header.readString())
            let line = Int(try header.readInteger(Int64.self))
            report.samples.append(
                SwiftwaterError(
                    .malformedInput, message, at: .init(line: line == 0 ? nil : line),
                    remedy: remedy.isEmpty ? nil : remedy))
        }
        if hasTimeSample { report.timeSample = report.samples.popLast() }
        let (rows, users, items) = (try count(), try count(), try count())
        var ratings = Ratings(
            userIDs: try input.identifiers(count: users), itemIDs: try input.identifiers(count: items))
        let columns = try (0..<4).map { _ in try PackedNumbers(reading: &input, count: rows) }
        let pool = WorkerPool(threads: format.threads)
        ratings.withUninitializedColumns(capacity: rows) { output in
            let pieces = (rows + pieceRows - 1) / pieceRows
            try? pool.run(count: 4 * pieces) { task in
                let range = task / 4 * pieceRows..<min(rows, (task / 4 + 1) * pieceRows)
                switch task % 4 {
                case 0: columns[0].unpack(range) { output.users[$0] = UInt32(truncatingIfNeeded: $1) }
                case 1: columns[1].unpack(range) { output.items[$0] = UInt32(truncatingIfNeeded: $1) }
                case 2:
                    columns[2].unpack(range) {
                        output.values[$0] = Float(bitPattern: UInt32(truncatingIfNeeded: $1))
                    }
                default: columns[3].unpack(range) { output.timestamps[$0] = Int64(bitPattern: $1 ^ signBit) }
                }
            }
            return rows
        }
        func areInBounds(_ numbers: [UInt32], _ limit: Int) -> Bool {
            numbers.withUnsafeBufferPointer { $0.allSatisfy { Int($0) < limit } }
        }
        guard areInBounds(ratings.users, users), areInBounds(ratings.items, items) else {
            throw SwiftwaterError(.corrupted, "the index of an id is out of bounds", remedy: "remove it")
        }
        return RatingsReading(ratings: ratings, report: report)
    }
}

extension RatingsFormat {
    /// The settings that determine the result of reading.
    fileprivate var fingerprint: [UInt8] {
        var writer = ByteWriter()
        for text in [userColumn, itemColumn, ratingColumn, timestampColumn, separator, encoding.rawValue] {
            writer.write(string: text)
        }
        for flag in [requiresIntegerIDs, keepsDuplicates, sumsDuplicates, hasHeader, hasDecimalComma] {
            writer.write(byte: flag ? 1 : 0)
        }
        return writer.bytes
    }
}
