import Foundation
import SwiftwaterCore

/// The address of a PostgreSQL database: `postgresql://[USER@]HOST[:PORT]/DATABASE`, with `schema`, `sslmode`,
/// `sslrootcert` and `patience` after `?`. The password comes from `PGPASSWORD` or `PGPASSFILE`, as for PostgreSQL's
/// own programs.
package struct PostgreSQLAddress: Sendable, Hashable {
    static let accessRemedy =
        "check the user, and put the password into PGPASSWORD, or into a file that PGPASSFILE names; see docs/DATABASES.md"
    private static let remedy = "write postgresql://USER@HOST:PORT/DATABASE"

    package let host: String
    package let port: Int
    package let user: String?
    package let database: String
    /// The schema of the tables; nil for the first of the user's search path.
    package let schema: String?
    /// What the library is told about TLS.
    private let security: [String: String]
    /// How long a batch waits for a server that is away.
    package let patience: Duration

    /// Reads an address.
    ///
    /// - Throws: `invalidArgument` with what is wrong with it.
    package init(_ text: String) throws {
        func problem(_ what: String, _ remedy: String = PostgreSQLAddress.remedy) -> SwiftwaterError {
            // It may have a password.
            SwiftwaterError(.invalidArgument, "the address of the database \(what)", remedy: remedy)
        }
        guard let address = ServiceAddress(text), ["postgresql", "postgres"].contains(address.scheme),
            address.hasSlashes
        else { throw problem("does not begin with postgresql://") }
        var rest = Substring(address.rest)
        guard let slash = rest.lastIndex(of: "/"), rest.index(after: slash) < rest.endIndex else {
            throw problem("names no database")
        }
        database = PercentEncoding.decoded(String(rest[rest.index(after: slash)...]))
        (user, rest) = try address.user(before: rest[..<slash], PostgreSQLAddress.accessRemedy)
        (host, port) = try address.server(rest, port: 5432)
        var (schema, security, patience) = (String?.none, [String: String](), Duration.seconds(60))
        for (name, value) in address.parameters {
            switch name {
            case "schema": schema = value
            case "sslmode", "sslrootcert", "sslcert", "sslkey": security[name] = value
            case "patience": patience = try address.patience(value)
            default:
                throw problem(
                    "has the parameter \(name)",
                    "the parameters are schema, patience, sslmode, sslrootcert, sslcert and sslkey")
            }
        }
        (self.schema, self.security, self.patience) = (schema, security, patience)
    }

    /// The address without what is secret, for messages.
    package var label: String { "postgresql://\(host):\(port)/\(database)" }

    /// The settings of a connection.
    var settings: [(name: String, value: String?)] {
        var settings: [(name: String, value: String?)] = [
            ("host", host), ("port", "\(port)"), ("dbname", database), ("user", user),
            ("application_name", "swiftwater"), ("client_encoding", "UTF8"), ("connect_timeout", "10"),
            ("keepalives_idle", "30"), ("tcp_user_timeout", "30000"),
        ]
        for (name, value) in security.sorted(by: { $0.key < $1.key }) { settings.append((name, value)) }
        return settings
    }

    /// Returns a table's name as SQL writes it.
    func table(_ name: String) -> String {
        (schema.map { PostgreSQLConnection.quoted($0) + "." } ?? "") + PostgreSQLConnection.quoted(name)
    }

    /// The error of a connection that was not made, whose reason has no SQLSTATE.
    func refusal(of words: String) -> PostgreSQLError {
        let first =
            words.contains("no password supplied")
            ? "there is no password for \(user.map { "the user \"\($0)\"" } ?? "this user")"
            : words.split(separator: "\n").first.map(String.init) ?? "no connection"
        let state =
            if words.contains("password authentication failed") || words.contains("no password supplied") {
                "28P01"
            } else if words.contains("database \"") && words.contains("does not exist") {
                "3D000"
            } else if words.contains("role \"") && words.contains("does not exist")
                || words.contains("pg_hba.conf")
            {
                "28000"
            } else {
                ""
            }
        return PostgreSQLError(state: state, words: first, address: self, isBroken: true)
    }
}
