/// The user x item matrix of ratings, sparse, with an index both ways.
///
///         i0 i1 i2          byUser                      byItem
///     u0   5  .  3          starts  0 2 3               starts  0 1 2 3
///     u1   .  4  .          columns 0 2 1               columns 0 1 0
///                           values  5 3 4               values  5 4 3
///
/// Building is O(ratings + users + items); entries of a row keep the order of the ratings.
public struct RatingMatrix: Sendable {
    /// One direction of the index.
    public struct Rows: Sendable, Equatable {
        public let starts: [Int]
        public let columns: [UInt32]
        public let values: [Float]

        public var rowCount: Int { starts.count - 1 }
        public func range(of row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }
        public func count(of row: Int) -> Int { starts[row + 1] - starts[row] }

        init(starts: [Int], columns: [UInt32], values: [Float]) {
            self.starts = starts
            self.columns = columns
            self.values = values
        }

        init(rows: [UInt32], rowCount: Int, columns: [UInt32], values: [Float]) {
            let compressed = CompressedRows(rows: rows, rowCount: rowCount)
            starts = compressed.starts
            self.columns = compressed.order.map { columns[$0] }
            self.values = compressed.order.map { values[$0] }
        }

        /// The mean of a row's values, or nil where it has none.
        func mean(of row: Int) -> Double? {
            let range = range(of: row)
            return range.isEmpty ? nil : values[range].reduce(0.0) { $0 + Double($1) } / Double(range.count)
        }
    }

    public let byUser: Rows
    public let byItem: Rows

    init(byUser: Rows, byItem: Rows) {
        self.byUser = byUser
        self.byItem = byItem
    }

    public init(_ ratings: Ratings) {
        byUser = Rows(
            rows: ratings.users, rowCount: ratings.userIDs.count, columns: ratings.items, values: ratings.values)
        byItem = Rows(
            rows: ratings.items, rowCount: ratings.itemIDs.count, columns: ratings.users, values: ratings.values)
    }
}
