import SwiftwaterCore

/// Ratings as columns: row `r` says that user `users[r]` gave item `items[r]` the rating `values[r]`.
///
/// Users and items are indexes into `userIDs` and `itemIDs`. At most 2^32 of each.
public struct Ratings: Sendable, Equatable {
    /// The ids of the users.
    public internal(set) var userIDs: IdentifierTable
    /// The ids of the items.
    public internal(set) var itemIDs: IdentifierTable
    /// The user of each row, as an index into `userIDs`.
    public internal(set) var users: [UInt32] = []
    /// The item of each row, as an index into `itemIDs`.
    public internal(set) var items: [UInt32] = []
    /// The rating of each row.
    public internal(set) var values: [Float] = []
    /// The time of each row in seconds since 1970; 0 if the data has none.
    public internal(set) var timestamps: [Int64] = []

    /// The number of rows.
    public var count: Int { values.count }

    /// Creates ratings without rows, with integer ids.
    public init() {
        userIDs = IdentifierTable()
        itemIDs = IdentifierTable()
    }

    init(userIDs: IdentifierTable, itemIDs: IdentifierTable) {
        self.userIDs = userIDs
        self.itemIDs = itemIDs
    }

    /// Creates ratings from rows with integer ids.
    public init(_ rows: [(user: Int64, item: Int64, rating: Float)]) {
        self.init()
        for row in rows { append(user: row.user, item: row.item, rating: row.rating) }
    }

    /// Creates ratings from rows with string ids.
    ///
    /// - Parameter itemOrder: items to number first, in this order; the others follow in order of occurrence.
    /// - Parameter rows: the rows.
    public init(_ rows: [(user: String, item: String, rating: Float)], itemOrder: [String] = []) {
        self.init(userIDs: IdentifierTable(isInteger: false), itemIDs: IdentifierTable(isInteger: false))
        for item in itemOrder { _ = itemIDs.insert(Text(item)) }
        for row in rows {
            append(
                user: userIDs.insert(Text(row.user)), item: itemIDs.insert(Text(row.item)), rating: row.rating, time: 0)
        }
    }

    /// Appends a rating. An earlier rating of the same item by the same user stays; see `removingDuplicates`.
    public mutating func append(user: Int64, item: Int64, rating: Float, timestamp: Int64 = 0) {
        append(user: userIDs.insert(user), item: itemIDs.insert(item), rating: rating, time: timestamp)
    }

    mutating func append(user: UInt32, item: UInt32, rating: Float, time: Int64) {
        users.append(user)
        items.append(item)
        values.append(rating)
        timestamps.append(time)
    }

    /// Returns the `count` wanted rows, with the same id tables. Columns are copied in parallel.
    func selecting(
        _ count: Int, _ pool: WorkerPool, where isWanted: @escaping @Sendable (Int) -> Bool
    ) -> Ratings {
        var result = Ratings(userIDs: userIDs, itemIDs: itemIDs)
        result.withUninitializedColumns(capacity: count) { output in
            @Sendable func copy<Element>(_ column: [Element], to place: UnsafeMutablePointer<Element>) {
                column.withUnsafeBufferPointer { column in
                    var next = place
                    for row in column.indices where isWanted(row) {
                        next.initialize(to: column[row])
                        next += 1
                    }
                    precondition(next - place == count, "as many rows as were counted")
                }
            }
            try? pool.run(count: 4) { column in
                switch column {
                case 0: copy(users, to: output.users)
                case 1: copy(items, to: output.items)
                case 2: copy(values, to: output.values)
                default: copy(timestamps, to: output.timestamps)
                }
            }
            return count
        }
        return result
    }

    /// Replaces the columns by new ones of `capacity` rows, which `fill` initializes; it returns the number of rows.
    mutating func withUninitializedColumns(
        capacity: Int, _ fill: (RatingsOutput) throws -> Int
    ) rethrows {
        users = try [UInt32](unsafeUninitializedCapacity: capacity) { users, userCount in
            items = try [UInt32](unsafeUninitializedCapacity: capacity) { items, itemCount in
                values = try [Float](unsafeUninitializedCapacity: capacity) { values, valueCount in
                    timestamps = try [Int64](unsafeUninitializedCapacity: capacity) { timestamps, count in
                        if capacity == 0 { return }
                        count = try fill(
                            .init(
                                users: users.baseAddress!, items: items.baseAddress!, values: values.baseAddress!,
                                timestamps: timestamps.baseAddress!))
                    }
                    valueCount = timestamps.count
                }
                itemCount = values.count
            }
            userCount = items.count
        }
    }

    /// Returns the ratings with one row for each (user, item), the last, and the number of rows removed.
    ///
    /// The order stays the same. O(rows + users + items).
    ///
    /// - Parameter sums: whether the last row has the sum of all ratings, instead of its own.
    package func removingDuplicates(sums: Bool = false) -> (ratings: Ratings, removed: Int) {
        if isSortedWithoutDuplicates { return (self, 0) }
        var merged = self
        let byUser = CompressedRows(rows: users, rowCount: userIDs.count)
        var isSuperseded = [Bool](repeating: false, count: count)
        var lastSeen = [Int](repeating: -1, count: itemIDs.count)
        var removed = 0
        for user in 0..<userIDs.count {
            for row in byUser.entries(of: user) {
                let item = Int(items[row])
                let earlier = lastSeen[item]
                if earlier >= 0, Int(users[earlier]) == user {
                    isSuperseded[earlier] = true
                    removed += 1
                    if sums { merged.values[row] += merged.values[earlier] }
                }
                lastSeen[item] = row
            }
        }
        if removed == 0 { return (self, 0) }
        let pool = WorkerPool(threads: WorkerPool.coreCount)
        return (merged.selecting(count - removed, pool) { [isSuperseded] in !isSuperseded[$0] }, removed)
    }

    /// Whether each user's rows are contiguous and no item occurs twice among them, which takes one pass.
    ///
    /// False does not imply duplicates: the rows of users may just be interleaved.
    private var isSortedWithoutDuplicates: Bool {
        var lastUser = [UInt32](repeating: .max, count: itemIDs.count)
        var isDone = [Bool](repeating: false, count: userIDs.count)
        var user = UInt32.max
        for row in 0..<count {
            if users[row] != user {
                if isDone[Int(users[row])] { return false }
                if user != .max { isDone[Int(user)] = true }
                user = users[row]
            }
            let item = Int(items[row])
            if lastUser[item] == user { return false }
            lastUser[item] = user
        }
        return true
    }

    /// The mean of all ratings, summed in double precision; 0 if there are none.
    public var mean: Double { count == 0 ? 0 : values.reduce(0.0) { $0 + Double($1) } / Double(count) }
}

/// The entries of a column grouped by row, by a stable counting sort.
///
///     rows     2 0 2 1        starts   0 1 2 4
///                             order    1 | 3 | 0 2
struct CompressedRows: Sendable {
    let starts: [Int]
    let order: [Int]

    init(rows: [UInt32], rowCount: Int) {
        var starts = [Int](repeating: 0, count: rowCount + 1)
        for row in rows { starts[Int(row) + 1] += 1 }
        for row in 0..<rowCount { starts[row + 1] += starts[row] }
        var next = starts
        var order = [Int](repeating: 0, count: rows.count)
        for (index, row) in rows.enumerated() {
            order[next[Int(row)]] = index
            next[Int(row)] += 1
        }
        self.starts = starts
        self.order = order
    }

    func entries(of row: Int) -> ArraySlice<Int> { order[starts[row]..<starts[row + 1]] }
}
