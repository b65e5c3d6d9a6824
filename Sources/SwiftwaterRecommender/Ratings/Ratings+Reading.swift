import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterPlatform

extension Ratings {
    /// Reads ratings from a CSV file, plain or gzip, or from standard input (`-`).
    ///
    /// Columns are found by their names in the header, in any order. A row with too few fields, or with a rating that
    /// is not a finite number, is skipped and counted (`RatingsReport`), or thrown as an error if the format is strict.
    /// Of rows for the same user and item, the last counts. O(bytes).
    ///
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header without a required column.
    public static func read(
        _ path: String, format: RatingsFormat = RatingsFormat(), progress: ((Double) -> Void)? = nil
    ) throws -> RatingsReading {
        guard format.keepsCache, path != "-", !format.readsPairs else {
            var reader = RatingsReader(path: path, format: format)
            return try reader.read(progress: progress)
        }
        return try readCached(path, format, progress)
    }

    /// Reads ratings from the bytes of such a file.
    ///
    /// - Parameter name: the name of the file in errors.
    /// - Parameter bytes: the text of the file.
    /// - Parameter format: how the file's columns are written.
    public static func read(
        bytes: [UInt8], name: String, format: RatingsFormat = RatingsFormat()
    ) throws -> RatingsReading {
        var reader = RatingsReader(path: name, format: format)
        let bytes = bytes.withUnsafeBytes { format.encoding.decoded($0) } ?? bytes
        return try bytes.withUnsafeBytes { try reader.read($0, progress: nil) }
    }

    private static func readCached(
        _ path: String, _ format: RatingsFormat, _ progress: ((Double) -> Void)?
    ) throws -> RatingsReading {
        let (cache, stamp) = (RatingsCache.path(for: path), try URLFileSystem().stamp(path))
        var problem: SwiftwaterError?
        do {
            if var found = try RatingsCache.read(cache, stamp, format) {
                for index in found.report.samples.indices { found.report.samples[index].location?.file = path }
                found.report.timeSample?.location?.file = path
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
