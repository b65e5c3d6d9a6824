import ArgumentParser
import Swiftwater

/// The formats of well-known files.
enum RatingsPreset: String, ExpressibleByArgument, CaseIterable {
    case movieLens100K = "movielens-100k"
    case movieLens1M = "movielens-1m"

    var format: RatingsFormat {
        switch self {
        case .movieLens100K: .movieLens100K
        case .movieLens1M: .movieLens1M
        }
    }
}

/// Options for the columns and rows of ratings files.
struct RatingsColumnsOptions: ParsableArguments {
    @Option(help: "Column of user ids: a name in any case, or a number from 1. (default: userId)")
    var userColumn: String?
    @Option(help: "Column of item ids. (default: movieId)") var itemColumn: String?
    @Option(help: "Column of ratings. (default: rating)") var ratingColumn: String?
    @Option(
        help: "Optional column of times: seconds since 1970, or dates such as 2026-11-23 12:00. (default: timestamp)")
    var timestampColumn: String?
    @Option(help: "Field separator, such as ; or ::, or tab. (default: ,)") var separator: String?
    @Flag(help: "The first line is data; columns are numbers, by default 1, 2, 3 and 4.") var noHeader = false
    @Flag(help: "Ratings have a decimal comma, as in 3,5.") var decimalComma = false
    @Option(help: "Encoding of the file: utf-8, latin-1 or utf-16.") var encoding: TextEncoding?
    @Flag(help: "Rows that repeat a user-item pair add up, as counts of events do; otherwise the last counts.")
    var sumRepeats = false
    @Flag(name: .customLong("integer-ids"), help: "Reject ids that are not 64-bit integers.") var integerIDs = false
    @Flag(help: "Stop at the first malformed row; do not skip it.") var strict = false
    @Flag(help: "Cache parsed rows in FILE.swratings for faster reads.") var cache = false

    /// The first option that is given and is about ratings, not about files; nil if there is none.
    var optionOfRatings: String? {
        let given: KeyValuePairs = [
            "--user-column": userColumn != nil, "--item-column": itemColumn != nil,
            "--rating-column": ratingColumn != nil, "--timestamp-column": timestampColumn != nil,
            "--decimal-comma": decimalComma, "--sum-repeats": sumRepeats, "--integer-ids": integerIDs, "--cache": cache,
        ]
        return given.first(where: \.value)?.key
    }

    /// The first option that is given; nil if there is none.
    var anyOption: String? {
        let given: KeyValuePairs = [
            "--separator": separator != nil, "--no-header": noHeader, "--encoding": encoding != nil, "--strict": strict,
        ]
        return optionOfRatings ?? given.first(where: \.value)?.key
    }

    /// Returns the format, with what the options change of `preset`.
    func format(_ preset: RatingsPreset? = nil) -> RatingsFormat {
        var format = preset?.format ?? RatingsFormat()
        format.userColumn = userColumn ?? format.userColumn
        format.itemColumn = itemColumn ?? format.itemColumn
        format.ratingColumn = ratingColumn ?? format.ratingColumn
        format.timestampColumn = timestampColumn ?? format.timestampColumn
        format.separator = separator.map(Self.unescaped) ?? format.separator
        format.hasHeader = format.hasHeader && !noHeader
        (format.hasDecimalComma, format.sumsDuplicates) = (decimalComma, sumRepeats)
        format.encoding = encoding ?? format.encoding
        (format.requiresIntegerIDs, format.isStrict, format.keepsCache) = (integerIDs, strict, cache)
        return format
    }

    /// Returns a separator as it is in files: `tab` and `\t` are a tab.
    static func unescaped(_ separator: String) -> String { separator == "tab" || separator == "\\t" ? "\t" : separator }

}

/// Options for the format of ratings files.
struct RatingsOptions: ParsableArguments {
    @Option(
        name: .customLong("format"),
        help: ArgumentHelp(
            "movielens-100k (u.data: tabs, no header) or movielens-1m (ratings.dat: ::, no header). The other options "
                + "change it. (default: CSV with a header)", valueName: "name"))
    var preset: RatingsPreset?
    @OptionGroup var columns: RatingsColumnsOptions

    func format() -> RatingsFormat { columns.format(preset) }

    /// Reads a file and reports its malformed and duplicate rows.
    func read(_ path: String, pairs: Bool = false, console: Console) throws -> Ratings {
        var format = format()
        format.readsPairs = pairs
        let reading = try Ratings.read(path, format: format) { console.progress("reading \(path)", $0) }
        let (ratings, report) = (reading.ratings, reading.report)
        console.endProgress()
        if let problem = report.cacheProblem { console.remark("cache unavailable: \(TerminalText.safe("\(problem)"))") }
        if report.malformedRows > 0 {
            console.remark(
                "\(path): \(Format.count(report.malformedRows)) of \(Format.count(report.rows, "row")) "
                    + "were malformed and skipped:")
            for sample in report.samples { console.remark("  \(TerminalText.safe("\(sample)"))") }
            let more = report.malformedRows - report.samples.count
            if more > 0 { console.remark("  and \(Format.count(more)) more") }
        }
        if report.rowsWithoutTime > 0 {
            console.remark(
                "\(path): \(Format.count(report.rowsWithoutTime)) of \(Format.count(report.rows)) rows have no time "
                    + "that can be read; they count as the oldest"
                    + (report.timeSample.map { ", for example \(TerminalText.safe("\($0)"))" } ?? ""))
        }
        if report.duplicates > 0 {
            console.remark(
                "\(path): \(Format.count(report.duplicates)) rows repeat a user-item pair; "
                    + (columns.sumRepeats ? "they add up" : "the last of each counts"))
        }
        guard report.rows > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the file has a header but no rows", at: .init(file: path), remedy: "add rows")
        }
        guard ratings.count > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the file has no usable rows", at: .init(file: path),
                remedy: "see the messages above")
        }
        return ratings
    }
}

extension TextEncoding: ExpressibleByArgument {}
