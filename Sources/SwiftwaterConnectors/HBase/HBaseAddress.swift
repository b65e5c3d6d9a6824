import Foundation
import SwiftwaterCore
import SwiftwaterFormats

/// The address of a table of HBase behind its REST gateway: `hbase://[USER@]HOST[:PORT][/PREFIX]/TABLE`, with `tls` and
/// `patience` after `?`. The password comes from `HBASE_PASSWORD`, or from the file that `HBASE_PASSWORD_FILE` names.
package struct HBaseAddress: Sendable, Hashable {
    static let accessRemedy =
        "put the password into HBASE_PASSWORD, or into a file that HBASE_PASSWORD_FILE names; see docs/LOOKUPS.md"

    let user: String?
    /// The name of the table, perhaps with its namespace: `NAMESPACE:TABLE`.
    package let table: String
    /// How long an answer may take, and how long a batch waits for a gateway that is away.
    package private(set) var patience = Duration.seconds(60)
    private var isEncrypted = false
    private let server: String
    private let prefix: String

    /// Reads an address.
    ///
    /// - Throws: `invalidArgument` with what is wrong with it.
    package init(_ text: String) throws {
        guard let address = ServiceAddress(text), address.scheme == "hbase", address.hasSlashes else {
            throw SwiftwaterError(
                .invalidArgument, "the address of the table does not begin with hbase://",
                remedy: "write hbase://HOST:PORT/TABLE")
        }
        var parts = address.rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, let table = parts.last, !table.isEmpty else {
            throw address.problem("names no table", "write hbase://HOST:PORT/TABLE")
        }
        self.table = PercentEncoding.decoded(String(table).replacing("+", with: "%2B"))
        parts.removeLast()
        let (user, server) = try address.user(before: parts.removeFirst(), Self.accessRemedy)
        let (host, port) = try address.server(server, port: 8080)
        self.user = user
        self.server = (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        prefix = parts.map { "/" + $0 }.joined()
        for (name, value) in address.parameters {
            switch name {
            case "patience": patience = try address.patience(value)
            case "tls":
                guard ["true", "false"].contains(value) else {
                    throw address.problem("has the tls '\(value)'", "write tls=true or tls=false")
                }
                isEncrypted = value == "true"
            default: throw address.problem("has the parameter \(name)", "the parameters are tls and patience")
            }
        }
        guard user == nil || isEncrypted || ["127.0.0.1", "localhost", "::1"].contains(host) else {
            throw address.problem("would send a password for anyone to read", "add tls=true")
        }
    }

    /// The address without what is secret, for messages.
    package var label: String { "hbase://\(server)\(prefix)/\(table)" }

    /// The address of the table for requests.
    var url: String { "\(isEncrypted ? "https" : "http")://\(server)\(prefix)/\(PercentEncoding.encoded(table))" }

    /// The password; nil if there is none.
    ///
    /// - Throws: `notFound` for a file of the password that is not there.
    func password(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Secret? {
        if let password = environment["HBASE_PASSWORD"], !password.isEmpty { return Secret(password) }
        guard let path = environment["HBASE_PASSWORD_FILE"], !path.isEmpty else { return nil }
        let text = try FileBytes.with(path: path) { String(decoding: $0, as: UTF8.self) }
        return Secret(text.trimmingCharacters(in: .newlines))
    }
}
