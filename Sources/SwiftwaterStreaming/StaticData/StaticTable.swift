import SwiftwaterCore

/// Data beside a stream that is looked up by key, such as a table of users in a database. Streams are joined with it
/// through a `CachedTable`.
///
/// The library has tables of PostgreSQL (`PostgreSQLTable`) and MongoDB (`MongoTable`). One of your own needs this:
///
/// ```swift
/// struct Places: StaticTable {
///     let label = "places"
///     let columns = ["location"]
///     func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
///         try service.places(of: keys.map { String($0) }).map { (Text($0.user), [Text($0.place)]) }
///     }
/// }
/// ```
public protocol StaticTable: Sendable {
    /// The name for messages, without secrets.
    var label: String { get }
    /// The names of the columns, without the key.
    var columns: [String] { get }
    /// Returns the rows of keys, in any order; none for a key that is not there. Of several rows of a key, the last one
    /// counts. May be called on several threads at once.
    ///
    /// - Parameter keys: different from one another, in ascending order, at most 10,000.
    /// - Returns: keys with a value or nil for each column.
    /// - Throws: an error with `isRetryable` if the same may work later.
    func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])]
}
