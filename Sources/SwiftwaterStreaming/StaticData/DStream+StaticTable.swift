import SwiftwaterCore

extension DStream {
    /// Pairs each value with the row of its key in a table, or nil, as Spark joins a stream with static data. The keys
    /// of a batch that are not known are looked up with one query (of at most 10,000 keys).
    ///
    /// ```swift
    /// let table = try PostgreSQLTable("postgresql://localhost/social", table: "users", key: "id", columns: ["place"])
    /// let users = CachedTable(table)
    /// let places = posts.map { post -> (Text, Int) in (post.author, 1) }.leftOuterJoin(users)
    ///     .map { user -> (Text, Int) in (user.1.1?[0] ?? "unknown", 1) }
    /// ```
    ///
    /// After a restart, a batch that is counted again is joined with what the table has then.
    public func leftOuterJoin<Value: Sendable>(_ table: CachedTable) -> DStream<(Text, (Value, [Text?]?))>
    where Element == (Text, Value) {
        derive(named: "leftOuterJoin") { rdd, _ in rdd.leftOuterJoin(table) }
    }

    /// Pairs each value with the row of its key in a table, and leaves out values whose key is not there. See
    /// `leftOuterJoin`.
    public func join<Value: Sendable>(_ table: CachedTable) -> DStream<(Text, (Value, [Text?]))>
    where Element == (Text, Value) {
        derive(named: "join") { rdd, _ in rdd.join(table) }
    }
}
