#if SparkConnect
    import SwiftwaterCore

    /// How the ids of a column become the integers of 31 bits that Spark's ALS takes.
    struct SparkIdentifiers: Sendable {
        /// Whether every id is an integer that is written canonically.
        let isInteger: Bool
        /// Whether the integers are numbers for ALS already.
        let isNumber: Bool
        /// A number that no id has, for ids that are not among these.
        let unknown: Int64

        /// The columns that `init` takes, of a column of texts.
        static func look(_ column: String) -> String {
            """
            bool_and(IF(\(column) IS NULL, NULL,
                coalesce(\(column) = CAST(TRY_CAST(\(column) AS BIGINT) AS STRING), false))), min(TRY_CAST(\(column) AS BIGINT)),
            max(TRY_CAST(\(column) AS BIGINT))
            """
        }

        init(_ found: [SparkValue]) {
            isInteger = found[0] == .bool(true)
            let (low, high) = (found[1].integer ?? .min, found[2].integer ?? .max)
            isNumber = isInteger && low >= Int64(Int32.min) && high <= Int64(Int32.max)
            unknown = !isNumber ? -1 : high < Int64(Int32.max) ? high + 1 : low - 1
        }

        /// Identifiers that were kept with a model.
        init(isNumber: Bool, unknown: Int64) {
            (self.isInteger, self.isNumber, self.unknown) = (isNumber, isNumber, unknown)
        }

        /// The expression of the number that an id of another table has here, beside the join `known`.
        func knownNumber(_ column: String) -> String {
            isNumber
                ? "coalesce(IF(\(column) = CAST(TRY_CAST(\(column) AS INT) AS STRING), TRY_CAST(\(column) AS INT), NULL), "
                    + "CAST(\(unknown) AS INT))"
                : "coalesce(\(column)_known.number, CAST(\(unknown) AS INT))"
        }

        /// The join that provides the numbers of the ids of another table.
        ///
        /// - Parameter names: the table of ids and numbers.
        func known(_ column: String, _ names: String) -> String {
            isNumber ? "" : "LEFT JOIN \(names) AS \(column)_known ON \(column) = \(column)_known.id"
        }

        /// The expression by which ids are told apart.
        func key(_ column: String) -> String { isNumber ? "TRY_CAST(\(column) AS INT)" : Self.text(column) }

        /// The condition of a row with an id.
        func isUsable(_ column: String) -> String { isNumber ? "\(column) IS NOT NULL" : "\(column) <> ''" }

        /// The expression of an id as it is written.
        static func text(_ column: String) -> String { "trim(CAST(\(column) AS STRING))" }

        /// The expression of an id's number.
        func number(_ column: String) -> String { isNumber ? column : "\(column)_numbers.number" }

        /// The join that provides the numbers, of a table `rows`. Numbers follow the order of the ids.
        func join(_ column: String) -> String {
            isNumber ? "" : "JOIN (\(numbering(column))) AS \(column)_numbers USING (\(column))"
        }

        /// The query of the ids and their numbers, of a table `rows`; nil if the ids are the numbers.
        func names(_ column: String) -> String? {
            isNumber ? nil : "SELECT \(column) AS id, number FROM (\(numbering(column)))"
        }

        private func numbering(_ column: String) -> String {
            let order = isInteger ? "CAST(\(column) AS BIGINT)" : column
            return "SELECT \(column), CAST(row_number() OVER (ORDER BY \(order)) - 1 AS INT) AS number "
                + "FROM (SELECT DISTINCT \(column) FROM rows)"
        }
    }
#endif
