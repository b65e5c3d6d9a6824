import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// A sink of tables in a MongoDB database: a collection for each output, and a document for each row, with the output's
/// columns, the batch time in milliseconds as `batch`, and `{batch, row}` as its id.
///
/// The collection `swiftwater_batches` lists the batches that are there. In a replica set or a sharded cluster, rows
/// and the record of their batch are one transaction. A server by itself has no transactions: then the rows come first,
/// after what an earlier attempt left is removed, and the record last, so that each batch is there once, but can be
/// seen in part.
public final class MongoSink: TableSink {
    private static let batches = "swiftwater_batches"
    /// The rows of one command, and the bytes of their text above which it is sent. A command has at most 16 MB.
    private static let chunk = 5000
    private static let chunkMaxBytes = 4 << 20

    private let session: DatabaseSession<MongoConnection>
    private let address: MongoAddress
    private let hasTransactions = Monitor<Bool?>(nil)

    /// Creates a sink.
    ///
    /// - Parameter address: `mongodb://[USER@]HOST[:PORT]/DATABASE`; `docs/DATABASES.md` has its parameters.
    /// - Parameter logger: receives messages; the context's logger by default.
    /// - Throws: `invalidArgument` for another address.
    public convenience init(_ address: String, logger: Logger = Logger(label: "swiftwater")) throws {
        self.init(try MongoAddress(address), clock: SystemClock()) { logger.warning("\($0)") }
    }

    init(_ address: MongoAddress, clock: any StreamClock, report: @escaping @Sendable (String) -> Void) {
        self.address = address
        session = DatabaseSession(address.label, patience: address.patience, clock: clock, report: report) {
            try MongoConnection(address)
        }
    }

    /// Creates the output's collection if there is none.
    ///
    /// - Throws: `invalidArgument` for a name that a collection cannot have; `denied`, `network`, or `unsupported`
    ///   without MongoDB's client library.
    public func open(output: String, columns: [String]) throws {
        let isName = !output.isEmpty && output.utf8.count <= 200 && !output.contains("\0") && !output.contains("$")
        guard isName, !output.hasPrefix("system."), ![Self.batches, "swiftwater_sessions"].contains(output) else {
            throw SwiftwaterError(
                .invalidArgument, "an output cannot be named '\(output)' in MongoDB",
                remedy:
                    "choose a name of at most 200 bytes without '$', other than \(Self.batches) and swiftwater_sessions"
            )
        }
        for column in columns
        where ["batch", "_id"].contains(column) || column.hasPrefix("$") || column.contains(".")
            || column.contains("\0")
        {
            throw SwiftwaterError(
                .invalidArgument, "a column cannot be named '\(column)' in MongoDB",
                remedy: "choose a name without '.' that does not begin with '$', other than batch and _id")
        }
        try session.run(isPatient: false) { database in
            let hello = try database.run("{\"hello\":1}")
            let known = hello["setName"] != nil || hello["msg"]?.string == "isdbgrid"
            hasTransactions.update { $0 = known }
            for name in [output, Self.batches] {
                do { try database.run(JSONWriter.object { $0.member("create", name) }) } catch let error as MongoError
                    where error.code == MongoError.namespaceExists
                {}
            }
            try database.run(
                JSONWriter.object { json in
                    json.member("createIndexes", output)
                    json.member("indexes", array: [0]) { json, _ in
                        json.object { json in
                            json.member("key", object: { $0.member("batch", 1) })
                            json.member("name", "batch")
                        }
                    }
                })
        }
    }

    /// Writes a batch and its record. Does nothing if the batch is there already.
    public func commit(output: String, _ batch: SinkBatch) throws {
        try session.run(isPatient: true) { database in
            if try has(output, batch.time, database) { return }
            if hasTransactions.read({ $0 }) == true {
                do {
                    try database.takeOver(output)
                    try database.transaction {
                        try record(output, batch, database)
                        try insert(output, batch, database)
                    }
                } catch let error as MongoError where error.code == MongoError.duplicateKey {
                    // Another program may have written it just now.
                    guard try has(output, batch.time, database) else { throw error }
                }
            } else {
                try remove(output, batch.time, database)
                try insert(output, batch, database)
                try record(output, batch, database)
            }
        }
    }

    private func record(_ output: String, _ batch: SinkBatch, _ database: MongoConnection) throws {
        let document = JSONWriter.object { json in
            json.name("_id")
            Self.id(output, batch.time, &json)
            json.name("rows")
            MongoValue.write(.integer(batch.rows.count), to: &json)
        }
        try database.run("{\"insert\":\"\(Self.batches)\",\"documents\":[\(document)]\(concern)}")
    }

    /// The id of the record of a batch. The order of members counts.
    private static func id(_ output: String, _ time: BatchTime, _ json: inout JSONWriter) {
        json.object { json in
            json.member("output", output)
            json.name("batch")
            MongoValue.write(.integer(time.milliseconds), to: &json)
        }
    }

    /// Removes what an attempt without a transaction left behind.
    private func remove(_ output: String, _ time: BatchTime, _ database: MongoConnection) throws {
        try database.run(
            JSONWriter.object { json in
                json.member("delete", output)
                json.member("deletes", array: [time]) { json, time in
                    json.object { json in
                        json.member(
                            "q",
                            object: { json in
                                json.name("batch")
                                MongoValue.write(.integer(time.milliseconds), to: &json)
                            })
                        json.member("limit", 0)
                    }
                }
            })
    }

    private func insert(_ output: String, _ batch: SinkBatch, _ database: MongoConnection) throws {
        var documents: [String] = []
        var size = 0
        func send() throws {
            guard !documents.isEmpty else { return }
            let all = documents.joined(separator: ",")
            try database.run(
                "{\"insert\":\(JSONWriter.string(output)),\"documents\":[\(all)],\"ordered\":true\(concern)}")
            (documents, size) = ([], 0)
        }
        for row in batch.rows.indices {
            documents.append(JSONWriter.object { Self.members(row, batch, &$0) })
            size += documents.last!.utf8.count
            if documents.count >= Self.chunk || size >= Self.chunkMaxBytes { try send() }
        }
        try send()
    }

    /// What a write asks for beside a transaction, which has it of its commit.
    private var concern: String {
        hasTransactions.read { $0 } == true ? "" : ",\"writeConcern\":{\"w\":\"majority\",\"j\":true}"
    }

    private static func members(_ row: Int, _ batch: SinkBatch, _ json: inout JSONWriter) {
        json.member(
            "_id",
            object: { json in
                json.name("batch")
                MongoValue.write(.integer(batch.time.milliseconds), to: &json)
                json.name("row")
                MongoValue.write(.integer(row), to: &json)
            })
        json.name("batch")
        MongoValue.write(.integer(batch.time.milliseconds), to: &json)
        for (column, value) in zip(batch.columns, batch.rows[row]) {
            json.name(column)
            MongoValue.write(value, to: &json)
        }
    }

    /// Returns whether a batch of an output is there.
    public func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        try session.run(isPatient: true) { try has(output, time, $0) }
    }

    private func has(_ output: String, _ time: BatchTime, _ database: MongoConnection) throws -> Bool {
        let reply = try database.run(
            JSONWriter.object { json in
                json.member("find", Self.batches)
                json.member(
                    "filter",
                    object: { json in
                        json.name("_id")
                        Self.id(output, time, &json)
                    })
                json.member("limit", 1)
            })
        return reply["cursor"]?["firstBatch"]?.array?.isEmpty == false
    }

    /// Returns the time of the last batch of an output, or nil if there is none.
    public func lastCommitted(output: String) throws -> BatchTime? {
        try session.run(isPatient: true) { database in
            let reply = try database.run(
                JSONWriter.object { json in
                    json.member("find", Self.batches)
                    json.member("filter", object: { $0.member("_id.output", output) })
                    json.member("sort", object: { $0.member("_id.batch", -1) })
                    json.member("limit", 1)
                })
            return reply["cursor"]?["firstBatch"]?.array?.first?["_id"]?["batch"].flatMap(MongoValue.integer)
                .map { BatchTime(milliseconds: $0) }
        }
    }
}
