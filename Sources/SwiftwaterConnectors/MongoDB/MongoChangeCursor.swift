import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// Reads the change stream of a collection over one connection (MongoDB's manual, "Change Streams").
///
/// A position is a cluster time: seconds since 1970 in the upper 32 bits, and a number within the second in the lower.
/// Changes of one transaction have the same.
struct MongoChangeCursor {
    /// Where a cursor begins.
    enum Start {
        case now
        /// At a position, with the changes that have it.
        case at(UInt64)
        /// After a change that ended another cursor: its token, as JSON.
        case after(String)
    }

    /// The changes of one reply.
    struct Batch {
        /// Their lines, and the position after them.
        var lines = KeyedLines()
        /// The number of changes without a line: documents that were gone when the server looked for them.
        var absent = 0
        /// Whether the cursor has ended, as when the collection was dropped or renamed.
        var isLast = false
        /// Where another cursor goes on then; nil for the position of what was stored.
        var next: Start?
    }

    /// For how long the server waits for a change.
    private static let patience = 500

    private let connection: MongoConnection
    private let address: MongoChangesAddress
    private let server: UInt32
    private var id: Int64 = 0
    private var first: JSONValue?

    /// Asks for a change stream.
    ///
    /// - Throws: `MongoError`.
    init(_ connection: MongoConnection, _ address: MongoChangesAddress, _ start: Start) throws {
        (self.connection, self.address) = (connection, address)
        server = try connection.selectServer()
        first = try take(connection.run(open(start), on: server))
    }

    private func open(_ start: Start) -> String {
        JSONWriter.object { json in
            json.member("aggregate", address.collection)
            json.name("pipeline")
            json.array { json in
                json.object { json in
                    json.member("$changeStream", object: { json in settings(start, &json) })
                }
                let wanted = address.operations + ["drop", "rename", "dropDatabase", "invalidate"]
                json.object { json in
                    json.member(
                        "$match",
                        object: { json in
                            json.member("operationType", object: { $0.member("$in", array: wanted) { $0.value($1) } })
                        })
                }
            }
            json.member("cursor", object: { _ in })
        }
    }

    private func settings(_ start: Start, _ json: inout JSONWriter) {
        json.member("fullDocument", "updateLookup")
        switch start {
        case .now: break
        case .at(let position):
            json.member(
                "startAtOperationTime",
                object: { json in
                    json.member(
                        "$timestamp",
                        object: { json in
                            json.member("t", Int(position >> 32))
                            json.member("i", Int(position & 0xFFFF_FFFF))
                        })
                })
        case .after(let token): json.member("startAfter", object: { $0.member("_data", token) })
        }
    }

    /// Returns the next changes. Waits for a while if there are none.
    ///
    /// - Throws: `MongoError`.
    mutating func next() throws -> Batch {
        if let reply = first {
            first = nil
            return batch(reply["cursor"], "firstBatch", at: Self.position(reply["operationTime"]))
        }
        let reply = try take(
            connection.run(
                JSONWriter.object { json in
                    json.name("getMore")
                    MongoValue.write(.integer(id), to: &json)
                    json.member("collection", address.collection)
                    json.member("maxTimeMS", Self.patience)
                }, on: server))
        return batch(reply["cursor"], "nextBatch", at: nil)
    }

    private mutating func take(_ reply: JSONValue) -> JSONValue {
        id = reply["cursor"]?["id"].flatMap(MongoValue.integer) ?? 0
        return reply
    }

    /// - Parameter time: the position of the first reply, which says where "now" was.
    private func batch(_ cursor: JSONValue?, _ name: String, at time: UInt64?) -> Batch {
        var batch = Batch()
        var token: String?
        let changes = cursor?[name]?.array ?? []
        for change in changes {
            token = change["_id"]?["_data"]?.string
            batch.lines.position = max(batch.lines.position, Self.position(change["clusterTime"]) ?? 0)
            append(change, token ?? "", to: &batch)
        }
        // The token after a reply says how far the server has looked. Only that keeps a quiet collection from falling
        // behind what the server still has.
        let looked = cursor?["postBatchResumeToken"]?["_data"]?.string.flatMap(Self.position(ofToken:))
        batch.lines.position = max(batch.lines.position, looked ?? (changes.isEmpty ? time ?? 0 : 0))
        batch.isLast = id == 0
        if batch.isLast { batch.next = token.map { .after($0) } }
        return batch
    }

    private func append(_ change: JSONValue, _ token: String, to batch: inout Batch) {
        guard let operation = change["operationType"]?.string, address.operations.contains(operation) else { return }
        let content: JSONValue?
        switch address.line {
        case .event: content = change
        case .document: content = change["fullDocument"].flatMap { $0 == .null ? nil : $0 }
        }
        guard let content else { return batch.absent += 1 }
        var line = MongoValue.json(content)
        let key = token.utf8.withContiguousStorageIfAvailable { StableHasher.hash(UnsafeRawBufferPointer($0)) }
        line.withUTF8 { batch.lines.append(UnsafeRawBufferPointer($0), key: key ?? 0) }
    }

    private static func position(_ time: JSONValue?) -> UInt64? {
        guard let time = time?["$timestamp"], let seconds = time["t"]?.integer, let number = time["i"]?.integer,
            let high = UInt32(exactly: seconds), let low = UInt32(exactly: number)
        else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }

    /// Returns the cluster time in a token: a byte of 82 and then 8 bytes, all as hexadecimal digits, in all servers
    /// since 4.0 (`resume_token.cpp` of MongoDB). Nil for a token of another form.
    static func position(ofToken token: String) -> UInt64? {
        guard token.hasPrefix("82"), token.utf8.count >= 18 else { return nil }
        return UInt64(token.dropFirst(2).prefix(16), radix: 16)
    }
}
