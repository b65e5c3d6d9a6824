import SwiftwaterCore

/// The sparse user x item matrix of ratings, indexed in both directions.
///
///         i0 i1 i2          byUser                      byItem
///     u0   5  .  3          starts  0 2 3               starts  0 1 2 3
///     u1   .  4  .          columns 0 2 1               columns 0 1 0
///                           values  5 3 4               values  5 4 3
///
/// Building is O(ratings + users + items), on all threads. Entries of a row keep the order of the ratings.
package struct RatingMatrix: Sendable {
    /// One direction of the index, in compressed sparse row format.
    package struct Rows: Sendable, Equatable {
        /// The first entry of each row, and the number of entries at the end.
        package let starts: [Int]
        /// The column of each entry.
        package let columns: NumberColumn<UInt32>
        /// The rating of each entry.
        package let values: NumberColumn<Float>

        /// The number of rows.
        package var rowCount: Int { starts.count - 1 }
        /// Returns the entries of a row.
        package func range(of row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }
        /// Returns the number of entries of a row.
        package func count(of row: Int) -> Int { starts[row + 1] - starts[row] }

        init(starts: [Int], columns: NumberColumn<UInt32>, values: NumberColumn<Float>) {
            self.starts = starts
            self.columns = columns
            self.values = values
        }

        /// Returns the mean of a row's values, or nil if it has none.
        func mean(of row: Int) -> Double? {
            let range = range(of: row)
            return range.isEmpty ? nil : values[range].reduce(0.0) { $0 + Double($1) } / Double(range.count)
        }
    }

    /// The matrix with users as rows.
    package let byUser: Rows
    /// The matrix with items as rows.
    package let byItem: Rows

    init(byUser: Rows, byItem: Rows) {
        self.byUser = byUser
        self.byItem = byItem
    }

    /// Creates the matrix of these ratings.
    package init(_ ratings: Ratings, threads: Int = WorkerPool.coreCount) {
        self.init(ratings, pool: WorkerPool(threads: threads))
    }

    init(_ ratings: Ratings, pool: WorkerPool) {
        byUser = Rows(
            rows: NumberColumn(ratings.users), rowCount: ratings.userIDs.count, columns: NumberColumn(ratings.items),
            values: NumberColumn(ratings.values),
            pool: pool)
        byItem = Rows(
            rows: NumberColumn(ratings.items), rowCount: ratings.itemIDs.count, columns: NumberColumn(ratings.users),
            values: NumberColumn(ratings.values),
            pool: pool)
    }
}

extension RatingMatrix.Rows {
    /// Returns the transpose, which has `rowCount` rows.
    func transposed(rowCount: Int, threads: Int) -> RatingMatrix.Rows {
        let rows = (0..<self.rowCount).flatMap { row in repeatElement(UInt32(row), count: count(of: row)) }
        return RatingMatrix.Rows(
            rows: columns, rowCount: rowCount, columns: NumberColumn(rows), values: values,
            pool: WorkerPool(threads: threads))
    }

    /// Sorts entries by row with a stable counting sort, in parallel pieces.
    ///
    /// Each piece of the input counts its entries of every row. The counts give the position in the output where the
    /// entries of each (row, piece) begin, and the pieces move theirs there in parallel. The result does not depend on
    /// the number of pieces.
    init(
        rows: NumberColumn<UInt32>, rowCount: Int, columns: NumberColumn<UInt32>, values: NumberColumn<Float>,
        pool: WorkerPool
    ) {
        self = rows.withUnsafeBufferPointer { rows in
            columns.withUnsafeBufferPointer { columns in
                values.withUnsafeBufferPointer { values in
                    RatingMatrix.Rows(
                        UncheckedSendable((rows: rows, columns: columns, values: values)), rowCount: rowCount, pool)
                }
            }
        }
    }

    private typealias Entries = (
        rows: UnsafeBufferPointer<UInt32>, columns: UnsafeBufferPointer<UInt32>, values: UnsafeBufferPointer<Float>
    )

    private init(_ entries: UncheckedSendable<Entries>, rowCount: Int, _ pool: WorkerPool) {
        let entryCount = entries.value.rows.count
        let pieces = max(1, min(8, entryCount >> 16))
        @Sendable func piece(_ index: Int) -> Range<Int> {
            entryCount * index / pieces..<entryCount * (index + 1) / pieces
        }
        var next = [UInt32](repeating: 0, count: pieces * rowCount)
        precondition(entryCount < Int(UInt32.max), "at most 2^32 - 1 ratings")
        next.withUnsafeMutableBufferPointer { next in
            let next = UncheckedSendable(next)
            try? pool.run(count: pieces) { index in
                let counts = next.value.baseAddress.map { $0 + index * rowCount }
                for entry in piece(index) { counts![Int(entries.value.rows[entry])] += 1 }
            }
        }
        var starts = [Int](repeating: 0, count: rowCount + 1)
        var position: UInt32 = 0
        for row in 0..<rowCount {
            starts[row] = Int(position)
            for index in 0..<pieces {
                let count = next[index * rowCount + row]
                next[index * rowCount + row] = position
                position += count
            }
        }
        starts[rowCount] = entryCount
        var sortedColumns: [UInt32] = []
        let sortedValues = [Float](unsafeUninitializedCapacity: entryCount) { valueOutput, valueCount in
            sortedColumns = [UInt32](unsafeUninitializedCapacity: entryCount) { columnOutput, columnCount in
                next.withUnsafeMutableBufferPointer { next in
                    let output = UncheckedSendable((next: next, columns: columnOutput, values: valueOutput))
                    try? pool.run(count: pieces) { index in
                        guard let next = output.value.next.baseAddress.map({ $0 + index * rowCount }) else { return }
                        for entry in piece(index) {
                            let row = Int(entries.value.rows[entry])
                            let place = Int(next[row])
                            next[row] += 1
                            output.value.columns.initializeElement(at: place, to: entries.value.columns[entry])
                            output.value.values.initializeElement(at: place, to: entries.value.values[entry])
                        }
                    }
                }
                columnCount = entryCount
            }
            valueCount = entryCount
        }
        self.init(starts: starts, columns: NumberColumn(sortedColumns), values: NumberColumn(sortedValues))
    }
}
