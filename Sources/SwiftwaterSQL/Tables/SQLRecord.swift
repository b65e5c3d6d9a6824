import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts

/// A type whose values are rows of a table: it says which columns they have.
///
/// ```swift
/// struct Reading: SQLRecord {
///     let meter: Int
///     let value: Double
///     static let sqlColumns = [SQLField("meter", \Reading.meter), SQLField("value", \.value)]
/// }
/// ```
public protocol SQLRecord: Sendable {
    static var sqlColumns: [SQLField<Self>] { get }
}

/// One column of a table of records.
public struct SQLField<Record>: Sendable {
    public let name: String
    public let type: SQLType
    let value: @Sendable (Record) -> SQLValue

    public init<Value: SQLConvertible>(_ name: String, _ value: @escaping @Sendable (Record) -> Value) {
        self.name = name
        type = Value.sqlType
        self.value = { value($0).sqlValue }
    }
}

/// A line is a row with the one column `line`.
extension Text: SQLRecord {
    public static var sqlColumns: [SQLField<Text>] { [SQLField("line") { $0 }] }
}

/// Columns `id`, `author_id`, `author`, `text`, `created_at`, `location`, `language`, and `hashtags`, a JSON array.
extension Post: SQLRecord {
    public static var sqlColumns: [SQLField<Post>] {
        [
            SQLField("id") { $0.id }, SQLField("author_id") { $0.authorID }, SQLField("author") { $0.authorName },
            SQLField("text") { $0.text }, SQLField("created_at") { $0.createdAt },
            SQLField("location") { $0.location }, SQLField("language") { $0.language },
            SQLField("hashtags") { post in
                post.hashtags.map { "[" + $0.map(JSONValue.quoted).joined(separator: ",") + "]" }
            },
        ]
    }
}

/// Records in memory as a table; a value is made when it is asked for.
struct RecordTable<Record: Sendable>: SQLTableSource {
    let records: [Record]
    let fields: [SQLField<Record>]

    var rowCount: Int { records.count }
    var columns: [(name: String, type: SQLType)] { fields.map { ($0.name, $0.type) } }
    func value(row: Int, column: Int) -> SQLValue { fields[column].value(records[row]) }
}

extension SQLTable {
    /// Records as rows. Nothing is copied.
    public init<Record: SQLRecord>(_ records: [Record]) { self.init(records, columns: Record.sqlColumns) }

    /// Values of any type as rows with these columns.
    public init<Record: Sendable>(_ records: [Record], columns: [SQLField<Record>]) {
        self.init(RecordTable(records: records, fields: columns))
    }
}
