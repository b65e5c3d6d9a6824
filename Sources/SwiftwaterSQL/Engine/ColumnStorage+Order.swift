import Algorithms
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

    /// Returns the column in the order of its own values, which `rows` are in: each distinct value is repeated.
    func sorted(by rows: [UInt32]) -> ColumnStorage {
        guard case .numbered(let numbers, let values) = self, rows.count == numbers.count else {
            return ordered(by: rows)
        }
        let sorted: [UInt32] = ColumnStorage.fill(rows.count) { piece, output in
            var place = piece.lowerBound
            while place < piece.upperBound {
                let number = numbers[Int(rows[place])]
                let end = min(ColumnStorage.endOfRun(of: number, from: place, in: numbers, rows), piece.upperBound)
                output[place..<end].initialize(repeating: number)
                place = end
            }
        }
        return .numbered(sorted, among: values)
    }

    /// Returns the end of the run of a number, with O(log length) looks.
    private static func endOfRun(of number: UInt32, from start: Int, in numbers: [UInt32], _ rows: [UInt32]) -> Int {
        var step = 1
        while start + step < rows.count, numbers[Int(rows[start + step])] == number { step *= 2 }
        let looks = start + step / 2..<min(start + step, rows.count)
        return rows[looks].partitioningIndex { numbers[Int($0)] != number }
    }

    private static func gather<Element: Sendable>(_ values: [Element], _ rows: [UInt32]) -> [Element] {
        fill(rows.count) { piece, output in
            values.withUnsafeBufferPointer { values in
                rows.withUnsafeBufferPointer { rows in
                    for place in piece { output.initializeElement(at: place, to: values[Int(rows[place])]) }
                }
            }
        }
    }

    /// Returns an array that `body` initializes, a piece at a time, on all cores.
    private static func fill<Element: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Range<Int>, UnsafeMutableBufferPointer<Element>) -> Void
    ) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { output, filled in
            let (output, size) = (UncheckedSendable(output), 1 << 20)
            try? WorkerPool(threads: WorkerPool.coreCount).run(count: (count + size - 1) / size) { piece in
                body(piece * size..<min(count, (piece + 1) * size), output.value)
            }
            filled = count
        }
    }
}
