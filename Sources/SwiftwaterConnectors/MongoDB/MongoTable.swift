import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// A collection of a MongoDB database, looked up by key. Values are text: strings as they are, numbers and dates as
/// MongoDB's JSON has them, objects and arrays as JSON.
public final class MongoTable: StaticTable {
    private let address: MongoAddress
    private let collection: String
    private let key: String
    private let session: DatabaseSession<MongoConnection>
    public let columns: [String]

    /// Prepares lookups. It connects when the first key is looked up.
    ///
    /// - Parameters:
    ///   - address: `mongodb://[USER@]HOST[:PORT]/DATABASE`; `docs/DATABASES.md` has its parameters.
    ///   - key: the field of the keys, best with an index. A key that looks like an integer or an ObjectId finds those,
    ///     too.
    ///   - columns: the fields of the values; one inside another is `user.place`.
    ///   - collection: the name of the collection.
    /// - Throws: `invalidArgument` for another address.
    public init(_ address: String, collection: String, key: String, columns: [String]) throws {
        let address = try MongoAddress(address)
        (self.address, self.collection, self.key, self.columns) = (address, collection, key, columns)
        // The cache above is the one that is patient.
        session = DatabaseSession(address.label, patience: .zero, clock: SystemClock()) { _ in
        } connect: {
            try MongoConnection(address)
        }
    }

    /// The address without what is secret, and the collection.
    public var label: String { "\(address.label), collection \(collection)" }

    public func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
        let documents = try session.run(isPatient: false) { database in
            var reply = try database.run(find(keys.map { String($0) }))
            var documents = reply["cursor"]?["firstBatch"]?.array ?? []
            while let cursor = reply["cursor"]?["id"].flatMap(MongoValue.integer), cursor != 0 {
                reply = try database.run(
                    JSONWriter.object { json in
                        json.name("getMore")
                        MongoValue.write(.integer(cursor), to: &json)
                        json.member("collection", collection)
                    })
                documents += reply["cursor"]?["nextBatch"]?.array ?? []
            }
            return documents
        }
        return documents.compactMap { document in
            MongoValue.text(document, at: key).map { key in
                (Text(key), columns.map { MongoValue.text(document, at: $0).map { Text($0) } })
            }
        }
    }

    private func find(_ keys: [String]) -> String {
        let fields = [key] + columns.filter { $0 != key }
        return JSONWriter.object { json in
            json.member("find", collection)
            json.member(
                "filter",
                object: { json in
                    json.member(
                        key,
                        object: { json in
                            json.name("$in")
                            json.array { json in for key in keys { Self.write(key, to: &json) } }
                        })
                })
            json.member("projection", object: { json in for field in fields { json.member(field, 1) } })
            json.member("batchSize", keys.count + 1)
            json.member("maxTimeMS", max(1000, Int(address.patience.wholeMilliseconds)))
        }
    }

    /// Writes a key in each of the types that it may have.
    private static func write(_ key: String, to json: inout JSONWriter) {
        json.value(key)
        if let number = Int64(key), "\(number)" == key { MongoValue.write(.integer(number), to: &json) }
        if key.utf8.count == 24, key.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) {
            json.object { $0.member("$oid", key) }
        }
    }
}
