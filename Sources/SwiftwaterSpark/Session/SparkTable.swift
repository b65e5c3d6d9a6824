#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterSparkProtocol

    /// A table on a Spark cluster: a plan, which runs when its rows are wanted.
    public struct SparkTable: Sendable {
        let session: SparkSession
        let relation: SCRelation

        init(_ session: SparkSession, _ relation: SCRelation) { (self.session, self.relation) = (session, relation) }

        /// Returns the first rows.
        public func limit(_ count: Int) -> SparkTable {
            var result = SCRelation()
            result.limit.input = relation
            result.limit.limit = Int32(clamping: count)
            return SparkTable(session, result)
        }

        /// Returns the table with aggregates that Spark computes while the rows pass, without another look at them.
        ///
        /// - Parameters:
        ///   - name: the name of the observation, one in a query.
        ///   - metrics: aggregates in SQL, such as `count_if(rating > 5) AS tooHigh`.
        func observing(_ name: String, _ metrics: [String]) -> SparkTable {
            var result = SCRelation()
            result.collectMetrics.input = relation
            result.collectMetrics.name = name
            result.collectMetrics.metrics = metrics.map { text in
                var expression = SCExpression()
                expression.expressionString.expression = text
                return expression
            }
            return SparkTable(session, result)
        }

        /// Returns parts of random rows, one for each weight. The parts do not overlap, and together have all rows, as
        /// PySpark's `randomSplit` makes them.
        public func randomSplit(_ weights: [Double], seed: Int64) -> [SparkTable] {
            let total = weights.reduce(0, +)
            var begin = 0.0
            return weights.indices.map { place in
                let end = place == weights.count - 1 ? 1 : begin + weights[place] / total
                defer { begin = end }
                var result = SCRelation()
                result.sample.input = relation
                (result.sample.lowerBound, result.sample.upperBound) = (begin, end)
                result.sample.withReplacement = false
                result.sample.seed = seed
                result.sample.deterministicOrder = true
                return SparkTable(session, result)
            }
        }

        /// Returns all rows.
        ///
        /// - Throws: Spark's error as `invalidArgument`, `notFound` or `taskFailed`; `network`; `unsupported` for
        ///   columns of other types than those of `SparkValue`.
        public func rows() async throws -> [SparkRow] {
            let rows = Monitor<[SparkRow]>([])
            try await forEachRow { row in rows.update { $0.append(row) } }
            return rows.read { $0 }
        }

        /// Returns all rows, and what was observed on the way, by the names of the observation and the metric.
        func observedRows() async throws -> (rows: [SparkRow], observed: [String: [String: Int]]) {
            let found = Monitor((rows: [SparkRow](), observed: [String: [String: Int]]()))
            try await forEachBatch(observe: { metrics in
                found.update { found in
                    for metric in metrics {
                        for (key, value) in zip(metric.keys, metric.values) {
                            found.observed[metric.name, default: [:]][key] = Int(value.long)
                        }
                    }
                }
            }) { names, columns in
                found.update { found in
                    for row in 0..<(columns.first?.count ?? 0) {
                        found.rows.append(SparkRow(names, columns.map { $0[row] }))
                    }
                }
            }
            return found.read { $0 }
        }

        /// Calls `body` with each row, in the order of the result. Only one batch of rows is in memory at a time.
        public func forEachRow(_ body: @escaping @Sendable (SparkRow) throws -> Void) async throws {
            try await forEachBatch { names, columns in
                for row in 0..<(columns.first?.count ?? 0) { try body(SparkRow(names, columns.map { $0[row] })) }
            }
        }

        /// Calls `body` with each batch of columns.
        func forEachBatch(
            observe: @escaping @Sendable ([SCExecutePlanResponse.ObservedMetrics]) -> Void = { _ in },
            _ body: @escaping @Sendable (SparkRow.Names, [ArrowColumn]) throws -> Void
        ) async throws {
            var plan = SCPlan()
            plan.root = relation
            try await session.execute(plan) { response in
                if !response.observedMetrics.isEmpty { observe(response.observedMetrics) }
                guard case .arrowBatch(let batch)? = response.responseType else { return }
                let reader = try ArrowReader(Array(batch.data))
                let names = SparkRow.Names(reader.fields.map(\.name))
                for columns in reader.batches { try body(names, columns) }
            }
        }

        /// Returns the columns and types, in Spark's words such as `userId: long`.
        public func schema() async throws -> [(name: String, type: String)] {
            var plan = SCPlan()
            plan.root = relation
            return try await session.connection.schema(of: plan).struct.fields.map {
                ($0.name, $0.dataType.sparkName)
            }
        }

        /// Returns the files that the table reads, as far as Spark knows.
        func files() async throws -> [String] {
            var plan = SCPlan()
            plan.root = relation
            return try await session.connection.files(of: plan)
        }

        /// Returns Spark's plan for the table, without running it.
        public func explanation() async throws -> String {
            var plan = SCPlan()
            plan.root = relation
            return try await session.connection.explanation(of: plan)
        }

        /// Writes the rows to files of the cluster.
        ///
        /// - Parameters:
        ///   - format: `parquet`, `csv`, `json`, or another format of the cluster.
        ///   - replacing: whether files at the path are replaced; otherwise they are an error.
        ///   - options: options of the format, in Spark's words.
        ///   - path: where the files are written.
        public func write(_ format: String, to path: String, options: [String: String] = [:], replacing: Bool = false)
            async throws
        {
            var command = SCCommand()
            command.writeOperation.input = relation
            command.writeOperation.source = format
            command.writeOperation.path = path
            command.writeOperation.mode = replacing ? .overwrite : .errorIfExists
            command.writeOperation.options = options
            _ = try await session.run(command)
        }
    }

    extension SCDataType {
        /// The type's name in Spark's words.
        fileprivate var sparkName: String {
            switch kind {
            case .null?: "void"
            case .binary?: "binary"
            case .boolean?: "boolean"
            case .byte?: "byte"
            case .short?: "short"
            case .integer?: "integer"
            case .long?: "long"
            case .float?: "float"
            case .double?: "double"
            case .decimal(let type)?: "decimal(\(type.precision),\(type.scale))"
            case .string?: "string"
            case .date?: "date"
            case .timestamp?: "timestamp"
            case .timestampNtz?: "timestamp_ntz"
            case .array(let type)?: "array<\(type.elementType.sparkName)>"
            case .struct(let type)?:
                "struct<" + type.fields.map { "\($0.name):\($0.dataType.sparkName)" }.joined(separator: ",") + ">"
            case .map(let type)?: "map<\(type.keyType.sparkName),\(type.valueType.sparkName)>"
            case nil: "unknown"
            }
        }
    }
#endif
