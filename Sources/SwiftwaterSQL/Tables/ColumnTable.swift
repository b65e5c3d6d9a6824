import SwiftwaterCore

/// The values of a column.
package indirect enum ColumnStorage: Sendable {
    case integers([Int64])
    case floats([Float])
    case reals([Double])
    case texts(TextColumn)
    /// Each row holds the index of its value among the distinct values.
    case numbered([UInt32], among: ColumnStorage)
    /// Rows whose flag is set are NULL.
    case nullable(ColumnStorage, isNull: [Bool])

    var type: SQLType {
        switch self {
        case .integers: .integer
        case .floats, .reals: .real
        case .texts: .text
        case .numbered(_, let values), .nullable(let values, _): values.type
        }
    }

    subscript(row: Int) -> SQLValue {
        switch self {
        case .integers(let values): .integer(values[row])
        case .floats(let values): values[row].sqlValue
        case .reals(let values): values[row].sqlValue
        case .texts(let values): values[row]
        case .numbered(let numbers, let values): values[Int(numbers[row])]
        case .nullable(let values, let isNull): isNull[row] ? .null : values[row]
        }
    }
}

/// Texts, concatenated in one buffer.
package struct TextColumn: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    /// Creates a column without rows.
    package init() {}

    /// Appends a row.
    package mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
    }

    func withBytes<Result>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[(row == 0 ? 0 : ends[row - 1])..<ends[row]]))
        }
    }

    subscript(row: Int) -> SQLValue { withBytes(row) { .text(Text(copying: $0)) } }
}

/// A table stored by column.
struct ColumnTable: SQLTableSource {
    let rowCount: Int
    let columns: [(name: String, type: SQLType)]
    let storage: [ColumnStorage]

    init(rowCount: Int, _ columns: [(name: String, storage: ColumnStorage)]) {
        self.rowCount = rowCount
        self.columns = columns.map { ($0.name, $0.storage.type) }
        storage = columns.map(\.storage)
    }

    func value(row: Int, column: Int) -> SQLValue { storage[column][row] }

    func distinctValues(column: Int) -> Int? {
        guard case .numbered(_, let values) = storage[column] else { return nil }
        switch values {
        case .integers(let values): return values.count
        case .texts(let values): return values.ends.count
        default: return nil
        }
    }

    /// Finds the value among the distinct ones, then scans the column for its index: 4 bytes per row.
    func rows(column: Int, equalTo value: SQLValue) -> [UInt32]? {
        guard case .numbered(let numbers, let values) = storage[column] else { return nil }
        let number: Int?
        switch (values, value) {
        case (.integers(let all), .integer(let value)): number = all.firstIndex(of: value)
        case (.integers(let all), .real(let value)): number = Int64(exactly: value).flatMap { all.firstIndex(of: $0) }
        case (.texts(let all), .text): number = (0..<all.ends.count).first { all[$0] == value }
        default: return nil
        }
        guard let wanted = number.map({ UInt32($0) }) else { return [] }
        return numbers.withUnsafeBufferPointer { numbers in
            var rows: [UInt32] = []
            for row in 0..<numbers.count where numbers[row] == wanted { rows.append(UInt32(row)) }
            return rows
        }
    }

    func isInOrder(column: Int) -> Bool {
        switch storage[column] {
        case .integers(let values): return values.isAscending
        case .numbered(let numbers, .integers(let values)):
            // Numbers are usually given in the order of occurrence.
            if values.isAscending, numbers.isAscending { return true }
            return zip(numbers, numbers.dropFirst()).allSatisfy { values[Int($0)] <= values[Int($1)] }
        default: return false
        }
    }

    func sortedRows(column: Int) -> [UInt32] {
        switch storage[column] {
        case .numbered(let numbers, let values):
            return ColumnTable.countingSort(numbers, by: values, count: distinctValues(column: column)!)
        case .integers(let values):
            return (0..<UInt32(rowCount)).sorted {
                let (left, right) = (values[Int($0)], values[Int($1)])
                return left != right ? left < right : $0 < $1
            }
        case let storage:
            let values = (0..<rowCount).map { storage[$0] }
            return (0..<UInt32(rowCount)).sorted {
                let (left, right) = (values[Int($0)], values[Int($1)])
                return left < right || (!(right < left) && $0 < $1)
            }
        }
    }

    /// Sorts the distinct values, then the rows by counting sort, on all cores: O(rows + values log values).
    private static func countingSort(_ numbers: [UInt32], by values: ColumnStorage, count: Int) -> [UInt32] {
        let sorted = (0..<count).map { (value: values[$0], number: $0) }.sorted {
            $0.value < $1.value || (!($1.value < $0.value) && $0.number < $1.number)
        }
        // Each part has its own counts, so there are only as many as threads.
        let cores = WorkerPool.coreCount
        let (pool, parts) = (WorkerPool(threads: cores), numbers.count < 100_000 ? 1 : cores)
        @Sendable func range(_ part: Int) -> Range<Int> {
            numbers.count * part / parts..<numbers.count * (part + 1) / parts
        }
        let places = UncheckedSendable(UnsafeMutableBufferPointer<Int>.allocate(capacity: parts * max(count, 1)))
        defer { places.value.deallocate() }
        places.value.initialize(repeating: 0)
        try? pool.run(count: parts) { part in
            let counts = places.value.baseAddress! + part * count
            for row in range(part) { counts[Int(numbers[row])] += 1 }
        }
        var position = 0
        for entry in sorted {
            for part in 0..<parts {
                let place = part * count + entry.number
                (places.value[place], position) = (position, position + places.value[place])
            }
        }
        return [UInt32](unsafeUninitializedCapacity: numbers.count) { output, filled in
            let output = UncheckedSendable(output)
            try? pool.run(count: parts) { part in
                let next = places.value.baseAddress! + part * count
                for row in range(part) {
                    let number = Int(numbers[row])
                    output.value.initializeElement(at: next[number], to: UInt32(row))
                    next[number] += 1
                }
            }
            filled = numbers.count
        }
    }
}

extension Array where Element: Comparable {
    fileprivate var isAscending: Bool { indices.dropFirst().allSatisfy { self[$0 - 1] <= self[$0] } }
}
