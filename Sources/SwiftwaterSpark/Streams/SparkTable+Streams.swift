#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterSparkProtocol

    extension SparkTable {
        /// Returns the stream with a watermark: rows more than `delay` behind the latest time are late.
        public func withWatermark(_ column: String, delay: Duration) -> SparkTable {
            var result = SCRelation()
            result.withWatermark.input = relation
            result.withWatermark.eventTime = column
            result.withWatermark.delayThreshold = "\(delay.wholeMilliseconds) milliseconds"
            return SparkTable(session, result)
        }

        /// Starts a streaming query that writes this stream.
        ///
        /// - Parameters:
        ///   - format: `parquet`, `memory`, `kafka`, or another sink of the cluster.
        ///   - name: the name by which `SparkSession.stream(named:)` finds the query; for `memory`, the table's name.
        ///   - path: where files are written.
        ///   - mode: which rows are written.
        ///   - interval: the time between batches; nil starts the next one at once.
        ///   - checkpoint: the folder of the cluster in which the query keeps its progress, to go on after a restart.
        ///   - options: options of the format, in Spark's words.
        /// - Throws: Spark's error.
        public func startStream(
            _ format: String, name: String? = nil, to path: String? = nil, mode: SparkStream.OutputMode = .append,
            every interval: Duration? = nil, options: [String: String] = [:], checkpoint: String? = nil
        ) async throws -> SparkStream {
            var command = SCCommand()
            command.writeStreamOperationStart.input = relation
            command.writeStreamOperationStart.format = format
            command.writeStreamOperationStart.outputMode = mode.rawValue
            command.writeStreamOperationStart.options = options
            if let name { command.writeStreamOperationStart.queryName = name }
            if let path { command.writeStreamOperationStart.path = path }
            if let checkpoint { command.writeStreamOperationStart.options["checkpointLocation"] = checkpoint }
            if let interval {
                command.writeStreamOperationStart.processingTimeInterval =
                    "\(interval.wholeMilliseconds) milliseconds"
            }
            for response in try await session.run(command) {
                if case .writeStreamOperationStartResult(let found)? = response.responseType {
                    return SparkStream(session, found.queryID, name: found.name)
                }
            }
            throw SwiftwaterError(.corrupted, "Spark started a stream without naming it")
        }
    }

    extension SparkSession {
        /// The streaming queries of this session that run.
        public func streams() async throws -> [SparkStream] {
            var command = SCCommand()
            command.streamingQueryManagerCommand.active = true
            return try await run(command).flatMap { response -> [SparkStream] in
                guard case .streamingQueryManagerCommandResult(let found)? = response.responseType else { return [] }
                return found.active.activeQueries.map { SparkStream(self, $0.id, name: $0.name) }
            }
        }

        /// Returns the streaming query of this session that runs under a name, if there is one.
        public func stream(named name: String) async throws -> SparkStream? {
            try await streams().first { $0.name == name }
        }
    }
#endif
