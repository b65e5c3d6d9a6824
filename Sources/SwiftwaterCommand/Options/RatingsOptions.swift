import ArgumentParser
import Swiftwater

/// Options for the format of ratings files.
struct RatingsOptions: ParsableArguments {
    @Option(help: "Column of user ids.") var userColumn = "userId"
    @Option(help: "Column of item ids.") var itemColumn = "movieId"
    @Option(help: "Column of ratings.") var ratingColumn = "rating"
    @Option(help: "Optional column of Unix seconds.") var timestampColumn = "timestamp"
    @Option(help: "Field separator: one character, or tab.") var separator = ","
    @Flag(name: .customLong("integer-ids"), help: "Reject ids that are not 64-bit integers.") var integerIDs = false
    @Flag(help: "Stop at the first malformed row; do not skip it.") var strict = false
    @Flag(help: "Cache parsed rows in FILE.swratings for faster reads.") var cache = false

    func format() throws -> RatingsFormat {
        var format = RatingsFormat()
        (format.userColumn, format.itemColumn, format.ratingColumn) = (userColumn, itemColumn, ratingColumn)
        format.timestampColumn = timestampColumn
        let separator = separator == "tab" || separator == "\\t" ? "\t" : separator
        guard separator.count == 1 else {
            throw SwiftwaterError(
                .invalidArgument, "the separator '\(separator)' is not one character",
                remedy: "give --separator one character, or tab")
        }
        format.separator = Character(separator)
        (format.requiresIntegerIDs, format.isStrict, format.keepsCache) = (integerIDs, strict, cache)
        return format
    }

    /// Reads a file and reports its malformed and duplicate rows.
    func read(_ path: String, pairs: Bool = false, console: Console) throws -> Ratings {
        var format = try format()
        format.readsPairs = pairs
        let reading = try Ratings.read(path, format: format) { console.progress("reading \(path)", $0) }
        let (ratings, report) = (reading.ratings, reading.report)
        console.endProgress()
        if let problem = report.cacheProblem { console.remark("cache unavailable: \(TerminalText.safe("\(problem)"))") }
        if report.malformedRows > 0 {
            console.remark(
                "\(path): \(Format.count(report.malformedRows)) of \(Format.count(report.rows)) rows "
                    + "were malformed and skipped:")
            for sample in report.samples { console.remark("  \(TerminalText.safe("\(sample)"))") }
            let more = report.malformedRows - report.samples.count
            if more > 0 { console.remark("  and \(Format.count(more)) more") }
        }
        if report.duplicates > 0 {
            console.remark(
                "\(path): \(Format.count(report.duplicates)) rows repeat a user-item pair; the last of each counts")
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
