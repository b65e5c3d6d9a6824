import SwiftwaterCore

extension ColumnStorage {
    /// Returns the column in the order of `rows`, on all cores.
    func ordered(by rows: [UInt32]) -> ColumnStorage {
        switch self {
        case .integers(let values): .integers(ColumnStorage.gather(values, rows))
        case .floats(let values): .floats(ColumnStorage.gather(values, rows))
        case .reals(let values): .reals(ColumnStorage.gather(values, rows))
        case .texts: .numbered(rows, among: self)
        case .numbered(let numbers, let values): .numbered(ColumnStorage.gather(numbers, rows), among: values)
        case .nullable(let values, let isNull):
            .nullable(values.ordered(by: rows), isNull: ColumnStorage.gather(isNull, rows))
        }
    }

    private static func gather<Element: Sendable>(_ values: [Element], _ rows: [UInt32]) -> [Element] {
        [Element](unsafeUninitializedCapacity: rows.count) { output, filled in
            let output = UncheckedSendable(output)
            let (piece, count) = (1 << 20, rows.count)
            try? WorkerPool(threads: WorkerPool.coreCount).run(count: (count + piece - 1) / piece) { part in
                values.withUnsafeBufferPointer { values in
                    rows.withUnsafeBufferPointer { rows in
                        for place in part * piece..<min(count, (part + 1) * piece) {
                            output.value.initializeElement(at: place, to: values[Int(rows[place])])
                        }
                    }
                }
            }
            filled = count
        }
    }
}
