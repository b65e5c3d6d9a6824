#if SparkConnect
    import Foundation
    import SwiftwaterCore
    import SwiftwaterSparkProtocol

    /// A streaming query that runs on a Spark cluster.
    ///
    /// It goes on when the program ends, as long as its session is not closed (`SparkSession.leave()`), and can be
    /// found again by its name.
    public struct SparkStream: Sendable {
        /// Which rows a query writes, in Spark's words.
        public enum OutputMode: String, Sendable {
            /// New rows only, each once. With a watermark, a window's rows come when it has ended.
            case append
            /// Rows that changed.
            case update
            /// All rows, each time.
            case complete
        }

        /// How far a query has come.
        public struct Progress: Sendable, Equatable {
            /// The number of the batch, from 0.
            public let batch: Int
            /// The number of rows read in the batch.
            public let inputRows: Int
            /// The number of rows of the batch that came too late; Spark counts them after it has combined rows of
            /// the same group.
            public let lateRows: Int
            /// What was observed in the batch, by the names of the observation and the metric.
            let observed: [String: [String: Int]]
        }

        private let session: SparkSession
        private let query: SCStreamingQueryInstanceId
        /// The query's name; empty if it has none.
        public let name: String

        init(_ session: SparkSession, _ query: SCStreamingQueryInstanceId, name: String) {
            (self.session, self.query, self.name) = (session, query, name)
        }

        /// The query's id, which stays the same when it is started again from its checkpoint.
        public var id: String { query.id }

        private func ask(_ change: (inout SCStreamingQueryCommand) -> Void) async throws
            -> SCStreamingQueryCommandResult
        {
            var command = SCCommand()
            command.streamingQueryCommand.queryID = query
            change(&command.streamingQueryCommand)
            for response in try await session.run(command) {
                if case .streamingQueryCommandResult(let found)? = response.responseType { return found }
            }
            return SCStreamingQueryCommandResult()
        }

        /// Whether the query runs.
        public func isActive() async throws -> Bool { try await ask { $0.status = true }.status.isActive }

        /// Returns the progress of the last batches, up to a hundred.
        public func progress() async throws -> [Progress] {
            try await ask { $0.recentProgress = true }.recentProgress.recentProgressJson.compactMap(Progress.init)
        }

        /// Returns the error that ended the query, if one did.
        public func failure() async throws -> SwiftwaterError? {
            let found = try await ask { $0.exception = true }.exception
            guard found.hasExceptionMessage else { return nil }
            let kind = found.hasErrorClass ? "[\(found.errorClass)] " : ""
            return SwiftwaterError(
                .taskFailed, "the stream ended on Spark: \(kind)\(SwiftwaterError.short(found.exceptionMessage))",
                remedy: "mend the cause; with a checkpoint, the stream goes on where it ended")
        }

        /// Waits until all rows that are there have been read and written.
        public func processAllAvailable() async throws { _ = try await ask { $0.processAllAvailable = true } }

        /// Stops the query.
        public func stop() async throws { _ = try await ask { $0.stop = true } }
    }

    extension SparkStream.Progress {
        init?(_ json: String) {
            guard
                let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any],
                let batch = object["batchId"] as? Int
            else { return nil }
            let operators = object["stateOperators"] as? [[String: Any]] ?? []
            let sources = object["sources"] as? [[String: Any]] ?? []
            self.init(
                batch: batch, inputRows: sources.reduce(0) { $0 + ($1["numInputRows"] as? Int ?? 0) },
                lateRows: operators.reduce(0) { $0 + ($1["numRowsDroppedByWatermark"] as? Int ?? 0) },
                observed: (object["observedMetrics"] as? [String: [String: Any]] ?? [:]).mapValues(Self.metrics))
        }

        /// Returns metrics by their names, of Spark's form `{"values": [3], "schema": {"fields": [{"name": ...}]}}` or
        /// `{"name": 3}`.
        private static func metrics(_ found: [String: Any]) -> [String: Int] {
            guard let values = found["values"] as? [Any], let schema = found["schema"] as? [String: Any],
                let fields = schema["fields"] as? [[String: Any]]
            else { return found.compactMapValues { $0 as? Int } }
            let pairs = zip(fields, values).compactMap { field, value in
                (field["name"] as? String).flatMap { name in (value as? Int).map { (name, $0) } }
            }
            return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        }
    }
#endif
