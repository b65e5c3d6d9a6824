import Foundation
import SwiftwaterCore

/// A proxy for HTTP, as the environment names it: `HTTPS_PROXY` for encrypted connections, `http_proxy` for others, and
/// `NO_PROXY` for the hosts that are reached without one. Names are taken in small letters first, as curl does.
package struct HTTPProxy: Sendable, Hashable {
    package let host: String
    package let port: Int
    /// A name and a password in Base64; nil without them in the address.
    private let credentials: String?

    /// The value of the header `Proxy-Authorization` after `Basic`.
    package var basicCredentials: Secret? { credentials.map { Secret($0) } }

    /// What it means that a proxy answered 407.
    static let wantsCredentials = "the proxy wants a name and a password, or others (HTTP 407); check HTTPS_PROXY"

    /// The variables that name proxies.
    private static let names = [
        "https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ]

    /// Returns the variables of an environment that name proxies.
    package static func settings(_ environment: [String: String]) -> [String: String] {
        environment.filter { names.contains($0.key) && !$0.value.isEmpty }
    }

    /// Returns the proxy through which a host is reached; nil if there is none.
    ///
    /// - Throws: `invalidArgument` if the variable is not the address of a proxy.
    package static func find(
        for host: String, port: Int, isSecure: Bool, environment: [String: String]
    ) throws -> HTTPProxy? {
        // HTTP_PROXY in capitals may be a header of a request, in a CGI program.
        let names = isSecure ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] : ["http_proxy", "all_proxy"]
        guard let name = names.first(where: { !(environment[$0] ?? "").isEmpty }), let address = environment[name],
            !isExempt(host, port, environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
        else { return nil }
        return try HTTPProxy(parsing: address, variable: name)
    }

    private init(parsing address: String, variable: String) throws {
        func problem(_ what: String) -> SwiftwaterError {
            // The address may have a password.
            SwiftwaterError(
                .invalidArgument, "\(variable) \(what)",
                remedy: "write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT")
        }
        var rest = Substring(address)
        if let scheme = rest.range(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else {
                throw problem("names a proxy that is not reached by http")
            }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = PercentEncoding.decoded(String(rest[..<at].replacing("+", with: "%2B")))
            rest = rest[rest.index(after: at)...]
        }
        var port = 80
        if let colon = rest.lastIndex(of: ":"), rest[colon...].last != "]" {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65535).contains(number) else {
                throw problem("has a port that is not a number from 1 to 65535")
            }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        guard !rest.isEmpty else { throw problem("names no host") }
        (self.host, self.port) = (String(rest), port)
        credentials = user.map { Data($0.utf8).base64EncodedString() }
    }

    /// Returns whether `NO_PROXY` names a host: by its name or the end of it, with or without a port; `*` names all.
    private static func isExempt(_ host: String, _ port: Int, _ list: String) -> Bool {
        let host = host.lowercased()
        return list.split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains { entry in
            var name = entry.lowercased()
            if name == "*" { return true }
            if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]"), name.firstIndex(of: ":") == colon {
                guard Int(name[name.index(after: colon)...]) == port else { return false }
                name = String(name[..<colon])
            }
            while name.hasPrefix(".") || name.hasPrefix("*") { name.removeFirst() }
            return !name.isEmpty && (host == name || host.hasSuffix("." + name))
        }
    }
}
