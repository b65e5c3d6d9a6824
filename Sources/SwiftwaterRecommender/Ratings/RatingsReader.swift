import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterPlatform

struct RatingsReader {
    private let path: String
    private let format: RatingsFormat
    private var report = RatingsReport()

    init(path: String, format: RatingsFormat) {
        self.path = path
        self.format = format
    }

    mutating func read(progress: ((Double) -> Void)?) throws -> RatingsReading {
        try FileBytes.with(path: path, encoding: format.encoding) { try read($0, progress: progress) }
    }

    mutating func read(
        _ bytes: UnsafeRawBufferPointer, progress: ((Double) -> Void)?
    ) throws -> RatingsReading {
        guard bytes.count > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the file is empty", at: .init(file: path),
                remedy: "give a CSV file with a header such as userId,movieId,rating,timestamp")
        }
        return try FieldSeparator(format.separator).with(bytes) {
            try read($0, separator: $1, progress: progress)
        }
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, separator: UInt8, progress: ((Double) -> Void)?
    ) throws -> RatingsReading {
        var (userStrings, itemStrings) = (false, false)
        while true {
            report = RatingsReport()
            do {
                let all = try parse(
                    bytes, separator, userStrings: userStrings, itemStrings: itemStrings, progress: progress)
                if format.readsPairs || format.keepsDuplicates { return RatingsReading(ratings: all, report: report) }
                let (ratings, removed) = all.removingDuplicates(sums: format.sumsDuplicates)
                report.duplicates = removed
                return RatingsReading(ratings: ratings, report: report)
            } catch let found as RatingsRowParser.StringIDs {
                if found.isUser { userStrings = true } else { itemStrings = true }
            }
        }
    }

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer, _ separator: UInt8, userStrings: Bool, itemStrings: Bool,
        progress: ((Double) -> Void)?
    ) throws -> Ratings {
        var csv = CSVReader(bytes, separator: separator, fileName: path)
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let row = RatingsRowParser(
            path: path, format: format, separator: separator,
            columns: try RatingsColumns(firstRow: csv.fields.map(\.string), format: format, path: path))
        // Without a header, the first row is read again.
        if !format.hasHeader { csv = CSVReader(bytes, separator: separator, fileName: path) }
        if !userStrings, !itemStrings, !format.readsPairs {
            let plain = PlainRatingsParser(
                bytes: bytes, start: csv.byteOffset, firstLine: csv.nextLine, separator: separator, row: row,
                threads: format.threads)
            if let found = try plain.parse(progress: progress) {
                report = found.report
                return found.ratings
            }
        }
        var ratings = Ratings(
            userIDs: IdentifierTable(isInteger: !userStrings), itemIDs: IdentifierTable(isInteger: !itemStrings))
        while true {
            do {
                guard try csv.next() else { break }
                let parsed = try row.parse(csv, isIntegerUser: !userStrings, isIntegerItem: !itemStrings)
                ratings.append(
                    user: parsed.user.insert(into: &ratings.userIDs), item: parsed.item.insert(into: &ratings.itemIDs),
                    rating: parsed.value, time: parsed.time ?? 0)
                if parsed.time == nil { row.countTimeless(csv, &report) }
            } catch let error as SwiftwaterError where error.code == .malformedInput && !format.isStrict {
                report.malformedRows += 1
                if report.samples.count < 5 { report.samples.append(error) }
            }
            report.rows += 1
            if report.rows & 0xFFFF == 0 { progress?(Double(csv.byteOffset) / Double(bytes.count)) }
        }
        return ratings
    }
}
