import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a file of ratings is written. The defaults are MovieLens's.
public struct RatingsFormat: Sendable {
    public var userColumn = "userId"
    public var itemColumn = "movieId"
    public var ratingColumn = "rating"
    /// Reads pairs to predict: ratings are not looked at and count as 0, and a pair may come more than once.
    public var readsPairs = false
    /// Keeps rows for the same user and item instead of the last of them only.
    public var keepsDuplicates = false
    /// Keeps what was read in a compact file beside the ratings (`ratings.csv.swratings`), and reads that the next time, unless the ratings
    /// have changed. Not for standard input.
    public var keepsCache = false
    /// A column that may be missing.
    public var timestampColumn = "timestamp"
    /// One byte.
    public var separator: Character = ","
    /// Refuses ids that are no 64-bit integers. Otherwise a column with such an id becomes a column of string ids.
    public var requiresIntegerIDs = false
    /// Stops at the first malformed row instead of passing it over.
    public var isStrict = false
    /// Threads; the result does not depend on it.
    public var threads = WorkerPool.coreCount

    public init() {}
}

/// What was found while reading ratings.
public struct RatingsReport: Sendable {
    /// Rows with data, good and bad.
    public var rows = 0
    /// Rows that were passed over.
    public var malformedRows = 0
    /// The first few of them: what was wrong, with file and line.
    public var samples: [SwiftwaterError] = []
    /// Rows whose (user, item) came again later; the last counts.
    public var duplicates = 0
    /// Whether the ratings came out of the cache beside the file.
    public var cameFromCache = false
    /// Why the cache could not be used or written; the ratings are none the worse for it.
    public var cacheProblem: SwiftwaterError?

    public init() {}
}

extension Ratings {
    /// Reads ratings from a CSV file, plain or gzip, or from standard input (`-`).
    ///
    /// Columns are found by their names in the header, in any order. A row with too few fields, or with a rating that is no
    /// finite number, is passed over and counted (`RatingsReport`), or thrown where the format is strict. Of rows for the same
    /// user and item the last counts. O(bytes).
    ///
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header without a wanted column.
    public static func read(
        _ path: String, format: RatingsFormat = RatingsFormat(), progress: ((Double) -> Void)? = nil
    ) throws -> (ratings: Ratings, report: RatingsReport) {
        guard format.keepsCache, path != "-", !format.readsPairs else {
            var reader = RatingsReader(path: path, format: format)
            return try reader.read(progress: progress)
        }
        return try readCached(path, format, progress)
    }

    /// Ratings from the bytes of such a file.
    ///
    /// - Parameter name: what errors call it.
    public static func read(
        bytes: [UInt8], name: String, format: RatingsFormat = RatingsFormat()
    ) throws -> (ratings: Ratings, report: RatingsReport) {
        var reader = RatingsReader(path: name, format: format)
        return try bytes.withUnsafeBytes { try reader.read($0, progress: nil) }
    }

    private static func readCached(
        _ path: String, _ format: RatingsFormat, _ progress: ((Double) -> Void)?
    ) throws -> (ratings: Ratings, report: RatingsReport) {
        let (cache, stamp) = (RatingsCache.path(for: path), try FileStamp(of: path))
        var problem: SwiftwaterError?
        do {
            if var found = try RatingsCache.read(cache, stamp, format) {
                for index in found.report.samples.indices { found.report.samples[index].location?.file = path }
                if format.isStrict, let first = found.report.samples.first { throw first }
                found.report.cameFromCache = true
                return found
            }
        } catch let error as SwiftwaterError where error.code != .malformedInput { problem = error }
        var reader = RatingsReader(path: path, format: format)
        var result = try reader.read(progress: progress)
        do {
            try RatingsCache.write(result.ratings, result.report, stamp, format, to: cache)
        } catch let error as SwiftwaterError { problem = error }
        if problem != nil, problem!.location == nil { problem!.location = .init(file: cache) }
        result.report.cacheProblem = problem
        return result
    }
}

struct RatingsReader {
    private let path: String
    private let format: RatingsFormat
    private var report = RatingsReport()

    init(path: String, format: RatingsFormat) {
        self.path = path
        self.format = format
    }

    mutating func read(progress: ((Double) -> Void)?) throws -> (ratings: Ratings, report: RatingsReport) {
        try FileBytes.with(path: path) { try read($0, progress: progress) }
    }

    mutating func read(
        _ bytes: UnsafeRawBufferPointer, progress: ((Double) -> Void)?
    ) throws -> (ratings: Ratings, report: RatingsReport) {
        guard bytes.count > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the file is empty", at: .init(file: path),
                remedy: "give a CSV file with a header such as userId,movieId,rating,timestamp")
        }
        var (userStrings, itemStrings) = (false, false)
        while true {
            report = RatingsReport()
            do {
                let all = try parse(bytes, userStrings: userStrings, itemStrings: itemStrings, progress: progress)
                if format.readsPairs || format.keepsDuplicates { return (all, report) }
                let (ratings, removed) = all.removingDuplicates()
                report.duplicates = removed
                return (ratings, report)
            } catch let found as RatingsRowParser.StringIDs {
                if found.isUser { userStrings = true } else { itemStrings = true }
            }
        }
    }

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer, userStrings: Bool, itemStrings: Bool, progress: ((Double) -> Void)?
    ) throws -> Ratings {
        guard let separator = format.separator.asciiValue else {
            throw SwiftwaterError(
                .invalidArgument, "the separator '\(format.separator)' is not one ASCII character",
                remedy: "use one such as , ; | or a tab")
        }
        var csv = CSVReader(bytes, separator: separator, fileName: path)
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let row = RatingsRowParser(
            path: path, format: format, separator: separator,
            columns: try RatingsColumns(header: csv.fields.map(\.string), format: format, path: path))
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
                    rating: parsed.value, time: parsed.time)
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
