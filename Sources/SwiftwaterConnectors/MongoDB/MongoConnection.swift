import CSwiftwaterClients
import SwiftwaterCore
import SwiftwaterFormats

/// A client of a MongoDB deployment, which connects, and connects again, by itself. For use by one thread at a time.
///
/// Commands and replies are JSON in MongoDB's extended form.
final class MongoConnection {
    /// `MONGOC_ERROR_SERVER`.
    private static let serverDomain: UInt32 = 17

    private let library: LibMongoC
    private let client: LibMongoC.Client
    private var session: LibMongoC.Session?
    private var isInTransaction = false
    /// The outputs for which this connection's session is known to be the one that writes.
    private var owned: Set<String> = []
    let address: MongoAddress

    /// Creates a client.
    ///
    /// - Throws: `invalidArgument` for options that the driver does not know; `unsupported` without the library.
    init(_ address: MongoAddress) throws {
        let library = try LibMongoC.shared()
        (self.library, self.address) = (library, address)
        var failure = sw_mongo_error()
        guard let uri = library.newAddress(address.connection, &failure) else {
            throw SwiftwaterError(
                .invalidArgument, "\(address.label): \(MongoConnection.words(failure))", remedy: "see docs/DATABASES.md"
            )
        }
        defer { library.destroyAddress(uri) }
        if let user = address.user {
            _ = library.setUser(uri, user)
            if let password = try address.password() { _ = library.setPassword(uri, password.text) }
        }
        // The session above is the one that is patient. A server that hangs is one that is away.
        let silence = max(30_000, address.patience.wholeMilliseconds)
        for (name, value) in [("serverselectiontimeoutms", 3000), ("sockettimeoutms", silence)]
        where !address.optionNames.contains(name) {
            _ = library.setNumber(uri, name, Int32(clamping: value))
        }
        guard let client = library.newClient(uri, &failure) else {
            throw SwiftwaterError(
                .invalidArgument, "\(address.label): \(MongoConnection.words(failure))", remedy: "see docs/DATABASES.md"
            )
        }
        _ = library.setErrorVersion(client, 2)
        _ = library.setName(client, "swiftwater")
        self.client = client
    }

    deinit {
        if let session { library.destroySession(session) }
        library.destroyClient(client)
    }

    // MARK: Commands

    /// Runs a command of the database, and returns the reply.
    ///
    /// - Parameter server: the server that gets the command, in this connection's session, as a cursor needs it; nil
    ///   for the primary.
    /// - Throws: `MongoError`, also for errors of single writes.
    @discardableResult
    func run(_ command: String, on server: UInt32? = nil) throws -> JSONValue {
        let session = server == nil ? isInTransaction ? session : nil : try openSession()
        return try with(document: command) { command in
            try with(document: server.map { "{\"serverId\":\($0)}" } ?? "{}") { options in
                var failure = sw_mongo_error()
                if let session, !library.appendSession(session, options, &failure) {
                    throw problem(failure, nil)
                }
                return try reply { reply in
                    library.run(client, address.database, command, nil, options, reply, &failure)
                } failing: {
                    self.problem(failure, $0)
                }
            }
        }
    }

    /// Returns the number of a server that answers now.
    func selectServer() throws -> UInt32 {
        var failure = sw_mongo_error()
        guard let server = library.selectServer(client, false, nil, &failure) else { throw problem(failure, nil) }
        defer { library.destroyServer(server) }
        return library.serverID(server)
    }

    /// Ends what is left of an earlier program that wrote an output. The server keeps a transaction that nobody commits
    /// for a minute, and nobody else can write its rows until then.
    func takeOver(_ output: String) throws {
        guard !owned.contains(output) else { return }
        let sessions = "swiftwater_sessions"
        let mine = try sessionID()
        let reply = try run(
            JSONWriter.object { json in
                json.member("find", sessions)
                json.member("filter", object: { $0.member("_id", output) })
                json.member("limit", 1)
            })
        let earlier = reply["cursor"]?["firstBatch"]?.array?.first?["session"]?.string
        if let earlier, earlier != mine {
            let uuid = "{\"$binary\":{\"base64\":\(JSONWriter.string(earlier)),\"subType\":\"04\"}}"
            try run("{\"killSessions\":[{\"id\":\(uuid)}]}")
        }
        try run(
            JSONWriter.object { json in
                json.member("update", sessions)
                json.member("updates", array: [mine]) { json, mine in
                    json.object { json in
                        json.member("q", object: { $0.member("_id", output) })
                        json.member("u", object: { $0.member("$set", object: { $0.member("session", mine) }) })
                        json.member("upsert", true)
                    }
                }
            })
        owned.insert(output)
    }

    /// The id of the session: a UUID, in base 64.
    private func sessionID() throws -> String {
        guard let id = library.sessionID(try openSession()), let text = library.json(id, nil) else {
            throw SwiftwaterError(.io, "\(address.label): a session has no id")
        }
        defer { library.free(text) }
        return try JSONValue(parsing: String(cString: text))["id"]?["$binary"]?["base64"]?.string ?? ""
    }

    private func openSession() throws -> LibMongoC.Session {
        if let session { return session }
        var failure = sw_mongo_error()
        guard let new = library.newSession(client, nil, &failure) else { throw problem(failure, nil) }
        session = new
        return new
    }

    /// Runs commands as one transaction. A commit whose outcome is not known is asked for again by the caller, who does
    /// everything again: what was committed is found then.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        var failure = sw_mongo_error()
        let session = try openSession()
        guard library.begin(session, nil, &failure) else { throw problem(failure, nil) }
        isInTransaction = true
        defer { isInTransaction = false }
        do {
            let result = try body()
            _ = try reply {
                library.commit(session, $0, &failure)
            } failing: {
                self.problem(failure, $0)
            }
            return result
        } catch {
            _ = library.abort(session, &failure)
            throw error
        }
    }

    private func with<Result>(document json: String, _ body: (LibMongoC.Document) throws -> Result) throws -> Result {
        var failure = sw_mongo_error()
        let parsed = Array(json.utf8).withUnsafeBufferPointer { bytes in
            library.parse(bytes.baseAddress!, bytes.count, &failure)
        }
        guard let parsed else {
            throw SwiftwaterError(
                .invalidArgument, "\(address.label): a value cannot be stored: \(MongoConnection.words(failure))")
        }
        defer { library.destroyDocument(parsed) }
        return try body(parsed)
    }

    private func reply(
        _ call: (LibMongoC.Document) -> Bool, failing: (LibMongoC.Document) -> MongoError
    ) throws -> JSONValue {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: LibMongoC.documentSize, alignment: LibMongoC.documentSize)
        defer { memory.deallocate() }
        let document = OpaquePointer(memory)
        let isDone = call(document)
        defer { library.destroyDocument(document) }
        guard isDone else { throw failing(document) }
        guard let text = library.json(document, nil) else {
            throw SwiftwaterError(
                .malformedInput, "\(address.label): the reply of the server has text that is not UTF-8",
                remedy: "mend the documents")
        }
        defer { library.free(text) }
        let json = try JSONValue(parsing: String(cString: text))
        if let error = json["writeErrors"]?.array?.first { throw problem(of: error) }
        if let error = json["writeConcernError"] { throw problem(of: error) }
        return json
    }

    // MARK: Errors

    private func problem(_ failure: sw_mongo_error, _ reply: LibMongoC.Document?) -> MongoError {
        let labels = reply.map { reply in MongoError.known.filter { library.hasLabel(reply, $0) } } ?? []
        // With the second version of the interface, servers have a domain of their own (MONGOC_ERROR_SERVER).
        return MongoError(
            code: failure.code, words: MongoConnection.words(failure), labels: Set(labels),
            isOfDriver: failure.domain != MongoConnection.serverDomain, label: address.label)
    }

    private func problem(of error: JSONValue) -> MongoError {
        MongoError(
            code: UInt32(clamping: error["code"].flatMap(MongoValue.integer) ?? 0),
            words: error["errmsg"]?.string ?? "a write failed",
            labels: [], isOfDriver: false, label: address.label)
    }

    private static func words(_ failure: sw_mongo_error) -> String {
        withUnsafeBytes(of: failure.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
