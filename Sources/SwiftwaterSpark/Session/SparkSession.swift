#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterSparkProtocol
    import Synchronization

    /// A session on an Apache Spark cluster, through Spark Connect.
    ///
    ///     let spark = try await SparkSession("sc://127.0.0.1:15002")
    ///     let means = spark.sql("SELECT movieId, avg(rating) AS mean FROM ratings GROUP BY movieId",
    ///                           tables: ["ratings": spark.csv("s3a://films/ratings.csv")])
    ///     for row in try await means.rows() { print(row[0], row[1]) }
    ///     await spark.close()
    ///
    /// Calls are tried again while the server cannot be reached, for up to ten minutes. A broken connection does not
    /// lose or double rows.
    public final class SparkSession: Sendable {
        let connection: SparkConnection
        /// The server's version, such as `4.3.0`.
        public let version: String
        /// The session's id, with which another process joins it (`session_id` in the address).
        public var id: String { connection.sessionID }
        /// The address that the session was opened with.
        public var address: SparkAddress { connection.address }
        private let progress: (@Sendable (SparkProgress) -> Void)?
        /// What tells this program's views from those of others in the session.
        private let viewTag = String(UInt32.random(in: 0 ... .max), radix: 16)
        private let views = Atomic(0)

        /// Opens a session, or joins the one that the address names.
        ///
        /// - Parameter progress: called while Spark works.
        /// - Parameter address: `sc://HOST:PORT`, with its parameters.
        /// - Throws: `invalidArgument` for an invalid address, `network` if the server cannot be reached or refuses,
        ///   `unsupported` for a server before Spark 4.0.
        public convenience init(_ address: String, progress: (@Sendable (SparkProgress) -> Void)? = nil) async throws {
            try await self.init(SparkConnection(SparkAddress(address)), progress: progress)
        }

        init(_ connection: SparkConnection, progress: (@Sendable (SparkProgress) -> Void)? = nil) async throws {
            (self.connection, self.progress) = (connection, progress)
            do {
                version = try await connection.version()
                let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
                guard major >= 4 else {
                    throw SwiftwaterError(
                        .unsupported,
                        "the cluster at \(connection.address.host):\(connection.address.port) runs Spark \(version)",
                        remedy: "use Spark 4.0 or later: earlier versions have no machine learning over Spark Connect")
                }
            } catch {
                await connection.close()
                throw error
            }
        }

        /// Releases the session with its models and uploads, stops its streaming queries, and closes the connection.
        public func close() async {
            try? await connection.release()
            await connection.close()
        }

        /// Closes the connection. Streaming queries go on, and `session_id` in the address finds them again.
        public func leave() async { await connection.close() }

        /// Interrupts what the session runs.
        public func interrupt() async throws { try await connection.interrupt() }

        /// Changes settings of the session, such as `spark.sql.shuffle.partitions`.
        public func set(_ settings: [(name: String, value: String)]) async throws {
            try await connection.set(settings.map { ($0.name, $0.value) })
        }

        // MARK: Tables

        /// Returns the result of a query. It runs when its rows are wanted.
        ///
        /// - Parameter tables: tables that the query names: files, other queries, uploads, and streams.
        /// - Parameter query: the query, in Spark's SQL.
        public func sql(_ query: String, tables: [String: SparkTable] = [:]) -> SparkTable {
            var root = SCRelation()
            root.sql.query = query
            guard !tables.isEmpty else { return SparkTable(self, root) }
            // Spark makes a view of each table while it looks at a query, and drops it by its name, also where a table
            // of a table had the same one. So every view has a name of its own.
            let number = views.wrappingAdd(1, ordering: .relaxed).newValue
            let sorted = tables.sorted { $0.key < $1.key }.map { name, table in
                (name: name, view: "\(name)_\(viewTag)_\(number)", table: table)
            }
            let named = sorted.map { "\(Self.quoted($0.name)) AS (SELECT * FROM \(Self.quoted($0.view)))" }
            root.sql.query = "WITH \(named.joined(separator: ", ")) (\(Self.withoutEnd(query))\n)"
            var relation = SCRelation()
            relation.withRelations.root = root
            relation.withRelations.references = sorted.map { entry in
                var alias = SCRelation()
                alias.subqueryAlias.alias = entry.view
                alias.subqueryAlias.input = entry.table.relation
                return alias
            }
            return SparkTable(self, relation)
        }

        private static func quoted(_ name: String) -> String { "`\(name.replacing("`", with: "``"))`" }

        /// Returns a query without the semicolons and spaces at its end.
        private static func withoutEnd(_ query: String) -> Substring {
            query[..<(query.lastIndex { $0 != ";" && !$0.isWhitespace }.map(query.index(after:)) ?? query.startIndex)]
        }

        /// Returns a table of files that the cluster sees, such as `s3a://films/ratings.csv`.
        ///
        /// - Parameters:
        ///   - format: `csv`, `json`, `parquet`, `text`, or another format of the cluster.
        ///   - schema: columns and types, such as `userId LONG, rating FLOAT`; nil has Spark find them.
        ///   - isStreaming: whether the table grows as files appear or messages arrive.
        ///   - options: options of the format, in Spark's words.
        ///   - path: the files; nil for a format that needs none.
        public func read(
            _ format: String, _ path: String? = nil, schema: String? = nil, options: [String: String] = [:],
            isStreaming: Bool = false
        ) -> SparkTable {
            var relation = SCRelation()
            relation.read.isStreaming = isStreaming
            relation.read.dataSource.format = format
            if let schema { relation.read.dataSource.schema = schema }
            if let path { relation.read.dataSource.paths = [path] }
            relation.read.dataSource.options = options
            return SparkTable(self, relation)
        }

        /// Returns a table of CSV files with a header.
        public func csv(_ path: String, schema: String? = nil, options: [String: String] = [:]) -> SparkTable {
            read("csv", path, schema: schema, options: ["header": "true"].merging(options) { $1 })
        }

        /// Returns a table of JSON files with an object per line.
        public func json(_ path: String, schema: String? = nil) -> SparkTable { read("json", path, schema: schema) }

        /// Returns a table of Parquet files.
        public func parquet(_ path: String) -> SparkTable { read("parquet", path) }

        // MARK: Execution

        func run(_ command: SCCommand) async throws -> [SCExecutePlanResponse] {
            var plan = SCPlan()
            plan.command = command
            let found = Monitor<[SCExecutePlanResponse]>([])
            try await execute(plan) { response in found.update { $0.append(response) } }
            return found.read { $0 }
        }

        func execute(_ plan: SCPlan, _ take: @escaping @Sendable (SCExecutePlanResponse) throws -> Void) async throws {
            try await connection.execute(plan) { [progress] response in
                if case .executionProgress(let found)? = response.responseType {
                    progress?(SparkProgress(found))
                } else {
                    try take(response)
                }
            }
        }
    }

    /// How far Spark has come with what it runs.
    public struct SparkProgress: Sendable, Equatable {
        /// The number of tasks of the stages so far.
        public let tasks: Int
        /// The number of finished ones.
        public let finishedTasks: Int
        /// The number of bytes read.
        public let readBytes: Int

        init(_ found: SCExecutePlanResponse.ExecutionProgress) {
            tasks = found.stages.reduce(0) { $0 + Int($1.numTasks) }
            finishedTasks = found.stages.reduce(0) { $0 + Int($1.numCompletedTasks) }
            readBytes = found.stages.reduce(0) { $0 + Int($1.inputBytesRead) }
        }
    }
#endif
