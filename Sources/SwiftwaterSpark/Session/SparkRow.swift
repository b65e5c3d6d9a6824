#if SparkConnect
    /// A row of a result of Spark.
    public struct SparkRow: Sendable, Equatable {
        /// The column names of a result, which its rows share.
        final class Names: Sendable {
            let all: [String]
            init(_ all: [String]) { self.all = all }
        }

        let shared: Names
        /// The values, in the order of the columns.
        public let values: [SparkValue]

        init(_ names: Names, _ values: [SparkValue]) { (shared, self.values) = (names, values) }

        /// The names of the columns.
        public var names: [String] { shared.all }
        /// The value of a column, by its position.
        public subscript(column: Int) -> SparkValue { values[column] }
        /// The value of the first column with this name, or nil if there is none.
        public subscript(name: String) -> SparkValue? { names.firstIndex(of: name).map { values[$0] } }

        /// Compares names and values.
        public static func == (left: SparkRow, right: SparkRow) -> Bool {
            left.names == right.names && left.values == right.values
        }
    }
#endif
