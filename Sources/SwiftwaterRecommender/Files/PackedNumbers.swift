import Algorithms
import SwiftwaterCore

/// A column of numbers in the most compact of three simple encodings:
///
///     runs         the rows at which a new value begins, and the values    1 1 1 2 2 -> 0 3 | 1 2
///     choices      up to 256 distinct values, and a byte per row           4.5 3 4.5 -> 4.5 3 | 0 1 0
///     differences  1 to 8 bytes per row: the value minus the smallest      70001 70003 -> 70001 | 0 2
struct PackedNumbers {
    private enum Way: UInt8 { case runs, choices, differences }

    private let way: Way
    private let count: Int
    private var starts: NumberColumn<UInt32> = []
    private var values: NumberColumn<UInt64> = []
    private var bytes: NumberColumn<UInt8> = []
    private var width = 1
    private var smallest: UInt64 = 0

    // MARK: Writing

    private struct Survey {
        var smallest = UInt64.max
        var largest: UInt64 = 0
        var runs = 0
        /// The distinct values in order of first occurrence; nil if there are more than 256.
        var choices: [UInt64]? = []
        private(set) var codes: [UInt64: UInt8] = [:]

        init(_ count: Int, _ value: (Int) -> UInt64) {
            var last: UInt64?
            for row in 0..<count {
                let value = value(row)
                (smallest, largest) = (min(smallest, value), max(largest, value))
                guard value != last else { continue }
                last = value
                runs += 1
                guard choices != nil, codes[value] == nil else { continue }
                if choices!.count == 256 {
                    choices = nil
                } else {
                    codes[value] = UInt8(choices!.count)
                    choices!.append(value)
                }
            }
        }

        var width: Int { max(1, (64 - (largest - smallest).leadingZeroBitCount + 7) / 8) }
    }

    static func write(_ count: Int, to output: inout SectionWriter, _ value: (Int) -> UInt64) throws {
        if count == 0 { return try output.write([Way.runs.rawValue] + [UInt8](repeating: 0, count: 8)) }
        let survey = Survey(count, value)
        let width = survey.width
        if survey.runs * 12 < count * (survey.choices == nil ? width : 1) {
            try writeRuns(survey.runs, count, to: &output, value)
        } else if let choices = survey.choices, width > 1 {
            try output.write([Way.choices.rawValue])
            try output.write(array: choices + [UInt64](repeating: 0, count: 256 - choices.count))
            try output.write(array: (0..<count).map { survey.codes[value($0)]! })
        } else {
            try output.write([Way.differences.rawValue, UInt8(width)])
            try output.write(array: [survey.smallest])
            // Padding, so that an 8-byte load at the last number stays in bounds.
            var bytes = [UInt8](repeating: 0, count: count * width + 8)
            for row in 0..<count {
                let difference = value(row) - survey.smallest
                for place in 0..<width {
                    bytes[row * width + place] = UInt8(truncatingIfNeeded: difference >> UInt64(8 * place))
                }
            }
            try output.write(array: bytes)
        }
    }

    private static func writeRuns(
        _ runs: Int, _ count: Int, to output: inout SectionWriter, _ value: (Int) -> UInt64
    ) throws {
        var (starts, values): ([UInt32], [UInt64]) = ([], [])
        for row in 0..<count where row == 0 || value(row) != values.last! {
            starts.append(UInt32(row))
            values.append(value(row))
        }
        var length = ByteWriter()
        length.write(integer: UInt64(runs))
        try output.write([Way.runs.rawValue] + length.bytes)
        try output.write(array: starts)
        try output.write(array: values)
    }

    // MARK: Reading

    /// Reads a column of `count` numbers.
    ///
    /// - Throws: `corrupted` if the bytes are not a valid encoding.
    init(reading input: inout SectionReader, count: Int) throws {
        let kind: UInt8 = try input.integer()
        guard let way = Way(rawValue: kind) else { throw PackedNumbers.damaged("a column has unknown kind \(kind)") }
        self.way = way
        self.count = count
        switch way {
        case .runs:
            let runs = try input.count()
            guard (runs == 0) == (count == 0), runs <= count else {
                throw PackedNumbers.damaged("a column has \(runs) runs in \(count) rows")
            }
            if runs == 0 { return }
            starts = try input.column(count: runs)
            values = try input.column(count: runs)
            guard starts[0] == 0, zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }), Int(starts[runs - 1]) < count
            else { throw PackedNumbers.damaged("a column's runs are out of order") }
        case .choices:
            values = try input.column(count: 256)
            bytes = try input.column(count: count)
        case .differences:
            width = Int(try input.integer() as UInt8)
            guard (1...8).contains(width) else { throw PackedNumbers.damaged("a column has numbers of \(width) bytes") }
            smallest = (try input.column(count: 1) as NumberColumn<UInt64>)[0]
            let (size, overflow) = count.multipliedReportingOverflow(by: width)
            bytes = try input.column(count: overflow ? .max : size + 8)
        }
    }

    private static func damaged(_ what: String) -> SwiftwaterError {
        SwiftwaterError(.corrupted, what, remedy: "remove the file")
    }

    /// Calls `body` with each row of a range and its value.
    func unpack(_ range: Range<Int>, _ body: (Int, UInt64) -> Void) {
        switch way {
        case .runs: unpackRuns(range, body)
        case .choices:
            bytes.withUnsafeBufferPointer { bytes in
                values.withUnsafeBufferPointer { values in
                    for row in range { body(row, values[Int(bytes[row])]) }
                }
            }
        case .differences:
            let mask = width == 8 ? UInt64.max : (1 << UInt64(8 * width)) - 1
            bytes.withUnsafeBufferPointer { bytes in
                let raw = UnsafeRawBufferPointer(bytes)
                for row in range {
                    let word = raw.loadUnaligned(fromByteOffset: row * width, as: UInt64.self)
                    body(row, smallest &+ (UInt64(littleEndian: word) & mask))
                }
            }
        }
    }

    private func unpackRuns(_ range: Range<Int>, _ body: (Int, UInt64) -> Void) {
        guard !range.isEmpty else { return }
        // The first run starts at 0.
        var low = starts.partitioningIndex { Int($0) > range.lowerBound } - 1
        var row = range.lowerBound
        while row < range.upperBound {
            let end = min(range.upperBound, low + 1 < starts.count ? Int(starts[low + 1]) : count)
            let value = values[low]
            while row < end {
                body(row, value)
                row += 1
            }
            low += 1
        }
    }
}
