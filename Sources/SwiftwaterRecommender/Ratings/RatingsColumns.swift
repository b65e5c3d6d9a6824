import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterFormats

/// The positions of the columns of a ratings file, found by name in the header.
struct RatingsColumns: Sendable {
    let user: Int
    let item: Int
    let rating: Int?
    let timestamp: Int?

    init(header: [String], format: RatingsFormat, path: String) throws {
        func find(_ name: String) throws -> Int {
            if let index = header.firstIndex(of: name) { return index }
            throw SwiftwaterError(
                .malformedInput,
                "the header has no column '\(name)'; it has \(header.map { "'\($0)'" }.joined(separator: ", "))",
                at: .init(file: path, line: 1),
                remedy: "name the file's columns, or its separator", setting: .ratingsFormat)
        }
        user = try find(format.userColumn)
        item = try find(format.itemColumn)
        rating = format.readsPairs ? nil : try find(format.ratingColumn)
        timestamp = header.firstIndex(of: format.timestampColumn)
    }

    var needed: Int { max(user, item, rating ?? 0) + 1 }

    /// Whether the columns are in MovieLens's order: user, item, rating, and the timestamp or nothing.
    var isUsualOrder: Bool { user == 0 && item == 1 && rating == 2 && (timestamp ?? 3) == 3 }
}
