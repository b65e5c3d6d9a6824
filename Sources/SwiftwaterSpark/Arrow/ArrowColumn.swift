#if SparkConnect
    /// The values of a column in Arrow's format.
    package struct ArrowColumn {
        indirect enum Values {
            case null
            case integers([Int64])
            case floats([Float])
            case doubles([Double])
            case bools([Bool])
            /// The end of each value in the bytes.
            case texts([UInt8], ends: [Int])
            case bytes([UInt8], ends: [Int])
            /// Unscaled values.
            case decimals([Int128], scale: Int)
            case dates([Int64])
            case timestamps([Int64])
            case lists(ArrowColumn, ends: [Int])
            case structures([(name: String, column: ArrowColumn)])
            case maps(keys: ArrowColumn, values: ArrowColumn, ends: [Int])
        }

        /// The number of rows.
        package let count: Int
        /// Whether a row is null; empty if none is.
        let isNull: [Bool]
        let values: Values

        /// The value of a row.
        package subscript(row: Int) -> SparkValue {
            if !isNull.isEmpty, isNull[row] { return .null }
            func range(_ ends: [Int]) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }
            switch values {
            case .null: return .null
            case .integers(let values): return .integer(values[row])
            case .floats(let values): return .float(values[row])
            case .doubles(let values): return .double(values[row])
            case .bools(let values): return .bool(values[row])
            case .texts(let bytes, let ends): return .text(String(decoding: bytes[range(ends)], as: UTF8.self))
            case .bytes(let bytes, let ends): return .bytes(Array(bytes[range(ends)]))
            case .decimals(let values, let scale): return .decimal(values[row], scale: scale)
            case .dates(let values): return .date(days: values[row])
            case .timestamps(let values): return .timestamp(microseconds: values[row])
            case .lists(let elements, let ends): return .list(range(ends).map { elements[$0] })
            case .structures(let columns): return .structure(columns.map { SparkField($0.name, $0.column[row]) })
            case .maps(let keys, let values, let ends):
                return .map(range(ends).map { SparkEntry(key: keys[$0], value: values[$0]) })
            }
        }
    }
#endif
