import Foundation
import SwiftwaterCore
import SwiftwaterFormats

/// The address of a MongoDB database: `mongodb://[USER@]HOST[:PORT][,HOST...]/DATABASE[/COLLECTION]`, or
/// `mongodb+srv://`, with the options of MongoDB's connection strings after `?`, and `patience`. The password comes
/// from `MONGODB_PASSWORD`, or from the file that `MONGODB_PASSWORD_FILE` names.
package struct MongoAddress: Sendable, Hashable {
    static let accessRemedy =
        "check the user and authSource, and put the password into MONGODB_PASSWORD, or into a file that "
        + "MONGODB_PASSWORD_FILE names; see docs/DATABASES.md"
    private static let remedy = "write mongodb://USER@HOST:PORT/DATABASE"

    package let user: String?
    package let database: String
    package let collection: String?
    /// How long a batch waits for a server that is away.
    package let patience: Duration
    /// The names of the options in the connection string, in lowercase.
    let optionNames: Set<String>
    /// The connection string for the driver, without user and password.
    let connection: String
    let servers: String

    /// Reads an address.
    ///
    /// - Throws: `invalidArgument` with what is wrong with it.
    package init(_ text: String) throws {
        func problem(_ what: String, _ remedy: String = MongoAddress.remedy) -> SwiftwaterError {
            // It may have a password.
            SwiftwaterError(.invalidArgument, "the address of the database \(what)", remedy: remedy)
        }
        guard let address = ServiceAddress(text), ["mongodb", "mongodb+srv"].contains(address.scheme),
            address.hasSlashes
        else { throw problem("does not begin with mongodb://") }
        let parts = address.rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, !parts[1].isEmpty else { throw problem("names no database") }
        database = PercentEncoding.decoded(String(parts[1]))
        collection = parts.count > 2 && !parts[2].isEmpty ? PercentEncoding.decoded(String(parts[2])) : nil
        let (user, servers) = try address.user(before: parts[0], MongoAddress.accessRemedy)
        for server in servers.split(separator: ",", omittingEmptySubsequences: false) {
            _ = try address.server(server, port: 27017)
        }
        (self.servers, self.user) = (String(servers), user)
        var (options, patience) = ([String](), Duration.seconds(60))
        for (name, value) in address.parameters {
            guard name == "patience" else {
                guard !name.lowercased().contains("password") else {
                    throw problem("has a password", MongoAddress.accessRemedy)
                }
                options.append("\(name)=\(PercentEncoding.encoded(value))")
                continue
            }
            patience = try address.patience(value)
        }
        self.patience = patience
        // What was acknowledged is on disk, and on most servers of a replica set.
        if !options.contains(where: { ["w=", "journal="].contains($0.lowercased().prefix(while: { $0 != "=" }) + "=") })
        {
            options += ["w=majority", "journal=true"]
        }
        optionNames = Set(options.map { String($0.prefix { $0 != "=" }).lowercased() })
        let name = PercentEncoding.encoded(database)
        connection =
            "\(address.scheme)://\(servers)/\(name)" + (options.isEmpty ? "" : "?" + options.joined(separator: "&"))
    }

    /// The address without what is secret, for messages.
    package var label: String { "mongodb://\(servers)/\(database)" }

    /// The password; nil if there is none.
    ///
    /// - Throws: `notFound` for a file of the password that is not there.
    func password(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Secret? {
        if let password = environment["MONGODB_PASSWORD"], !password.isEmpty { return Secret(password) }
        guard let path = environment["MONGODB_PASSWORD_FILE"], !path.isEmpty else { return nil }
        let text = try FileBytes.with(path: path) { String(decoding: $0, as: UTF8.self) }
        return Secret(text.trimmingCharacters(in: .newlines))
    }
}
