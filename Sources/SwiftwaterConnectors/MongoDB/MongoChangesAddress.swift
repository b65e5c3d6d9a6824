import SwiftwaterCore
import SwiftwaterFormats

/// The address of a collection whose changes are a source: that of its database, `/COLLECTION`, and parameters about
/// the changes.
package struct MongoChangesAddress: Sendable, Hashable {
    /// What becomes a line.
    enum Line: String {
        case document
        case event
    }

    private static let parameters = ["start", "lost", "operations", "lines"]
    private static let known = ["insert", "update", "replace", "delete"]

    let server: MongoAddress
    let collection: String
    /// Where to begin without a checkpoint, in milliseconds since 1970; nil for what is new.
    private(set) var start: Int64?
    /// Whether to go on with what is new if the server no longer has what comes next.
    private(set) var goesOn = false
    /// The operations whose changes are lines.
    private(set) var operations = ["insert"]
    private(set) var line = Line.document

    /// Reads an address.
    ///
    /// - Throws: `invalidArgument` with what is wrong with it.
    package init(_ text: String) throws {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let all = parts.count > 1 ? parts[1].split(separator: "&") : []
        let others = all.filter { !Self.parameters.contains(String($0.prefix { $0 != "=" })) }
        server = try MongoAddress(parts[0] + (others.isEmpty ? "" : "?" + others.joined(separator: "&")))
        guard let collection = server.collection, !collection.contains("/") else {
            throw Self.problem("names no collection", "write mongodb://HOST/DATABASE/COLLECTION")
        }
        self.collection = collection
        for (name, value) in ServiceAddress(text)?.parameters ?? [] { try take(name, value) }
        guard line == .event || !operations.contains("delete") else {
            throw Self.problem("asks for documents that were deleted", "add lines=event, or leave delete out")
        }
    }

    private mutating func take(_ name: String, _ value: String) throws {
        switch name {
        case "start":
            guard value != "latest" else { return start = nil }
            guard let time = Timestamp.milliseconds(value), time >= 0 else {
                throw Self.problem("has the start '\(value)'", "write latest, or a time such as 2026-11-28T09:00:00Z")
            }
            start = time
        case "lost":
            guard ["fail", "latest"].contains(value) else {
                throw Self.problem("has the value '\(value)' for lost", "write fail or latest")
            }
            goesOn = value == "latest"
        case "operations":
            operations = value.split(separator: ",").map(String.init)
            if let other = operations.first(where: { !Self.known.contains($0) }) ?? (operations.isEmpty ? "" : nil) {
                throw Self.problem("has the operation '\(other)'", "the operations are insert, update, replace, delete")
            }
        case "lines":
            guard let known = Line(rawValue: value) else {
                throw Self.problem("has the lines '\(value)'", "write document or event")
            }
            line = known
        default: break
        }
    }

    private static func problem(_ what: String, _ remedy: String) -> SwiftwaterError {
        SwiftwaterError(.invalidArgument, "the address of the collection \(what)", remedy: remedy)
    }

    /// The address without what is secret, for messages.
    var label: String { "\(server.label)/\(collection)" }
}
