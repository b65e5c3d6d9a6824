import SwiftwaterCore
import SwiftwaterFormats

/// The trends of a window.
public struct TrendingTable: Sendable, Equatable, SelfContained {
    /// The version of the schema of tables in JSON and in sinks (`docs/FORMATS.md`).
    public static let schemaVersion = 1

    /// The end of the window.
    public let end: BatchTime
    /// The window length.
    public let window: Duration
    /// The order of the rows.
    public let order: TrendingSettings.Order
    /// The number of posts in the window.
    public let posts: Int
    /// The number of keys in the window, without those that were evicted.
    public let keys: Int
    /// The number of posts since the start that came too late for their windows.
    public let late: Int
    /// The rows, best first.
    public let rows: [TrendingRow]

    /// Creates a table.
    public init(
        end: BatchTime, window: Duration, order: TrendingSettings.Order, posts: Int, keys: Int, late: Int,
        rows: [TrendingRow]
    ) {
        (self.end, self.window, self.order) = (end, window, order)
        (self.posts, self.keys, self.late, self.rows) = (posts, keys, late, rows)
    }

    /// Returns the table with at most `count` rows.
    public func prefix(_ count: Int) -> TrendingTable {
        TrendingTable(
            end: end, window: window, order: order, posts: posts, keys: keys, late: late,
            rows: Array(rows.prefix(count)))
    }
}

extension TrendingTable: JSONWritable {
    /// Writes the table as an object. Its members do not depend on the settings.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("schema", Self.schemaVersion)
            json.member("end", end.milliseconds)
            json.member("windowMilliseconds", window.wholeMilliseconds)
            json.member("order", order.rawValue)
            json.member("posts", posts)
            json.member("keys", keys)
            json.member("late", late)
            json.member("trends", rows)
        }
    }
}
