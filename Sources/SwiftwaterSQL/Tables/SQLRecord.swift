import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts

/// A type whose values are rows of a table with known columns.
///
/// ```swift
/// struct Reading: SQLRecord {
///     let meter: Int
///     let value: Double
///     static let sqlColumns = [SQLField("meter", \Reading.meter), SQLField("value", \.value)]
/// }
/// ```
public protocol SQLRecord: Sendable {
    /// The columns of the table, in order.
    static var sqlColumns: [SQLField<Self>] { get }
}

/// One column of a table of records.
public struct SQLField<Record>: Sendable {
    /// The name of the column.
    public let name: String
    /// The declared type of the column.
    public let type: SQLType
    let value: @Sendable (Record) -> SQLValue

    /// Creates a column of the values that `value` takes from records.
    public init<Value: SQLConvertible>(_ name: String, _ value: @escaping @Sendable (Record) -> Value) {
        self.name = name
        type = Value.sqlType
        self.value = { value($0).sqlValue }
    }

    init(_ name: String, _ type: SQLType, _ value: @escaping @Sendable (Record) -> SQLValue) {
        (self.name, self.type, self.value) = (name, type, value)
    }
}

/// A line is a row with the single column `line`.
extension Text: SQLRecord {
    /// The single column `line`.
    public static var sqlColumns: [SQLField<Text>] { [SQLField("line") { $0 }] }
}

/// Columns `id`, `author_id`, `author`, `text`, `created_at`, `location`, `language`, and `hashtags`, a JSON array.
extension Post: SQLRecord {
    /// The columns of a post, all TEXT.
    public static var sqlColumns: [SQLField<Post>] {
        [
            SQLField("id") { $0.id }, SQLField("author_id") { $0.authorID }, SQLField("author") { $0.authorName },
            SQLField("text") { $0.text }, SQLField("created_at") { $0.createdAt },
            SQLField("location") { $0.location }, SQLField("language") { $0.language },
            SQLField("hashtags") { post in post.hashtags.map { JSONWriter.string($0) } },
        ]
    }
}

/// A table of records in memory. Values are computed on demand.
struct RecordTable<Record: Sendable>: SQLTableSource {
    let records: [Record]
    let fields: [SQLField<Record>]

    var rowCount: Int { records.count }
    var columns: [(name: String, type: SQLType)] { fields.map { ($0.name, $0.type) } }
    func value(row: Int, column: Int) -> SQLValue { fields[column].value(records[row]) }
}

extension SQLTable {
    /// Creates a table with records as rows. Nothing is copied.
    public init<Record: SQLRecord>(_ records: [Record]) { self.init(records, columns: Record.sqlColumns) }

    /// Creates a table with values of any type as rows with these columns.
    public init<Record: Sendable>(_ records: [Record], columns: [SQLField<Record>]) {
        self.init(RecordTable(records: records, fields: columns))
    }
}
