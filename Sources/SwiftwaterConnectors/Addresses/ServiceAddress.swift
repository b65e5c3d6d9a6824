import SwiftwaterCore

/// The address of a service: `SCHEME:`, or `SCHEME://REST`, with parameters after `?`.
struct ServiceAddress {
    let text: String
    let scheme: String
    /// What follows the scheme, without `//` and parameters.
    let rest: String
    let hasSlashes: Bool
    /// The parameters, decoded, in their order.
    let parameters: [(name: String, value: String)]

    /// Reads an address. Returns nil for a text without a scheme.
    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.text = text
        scheme = String(text[..<colon])
        let parts = text[text.index(after: colon)...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        hasSlashes = parts[0].hasPrefix("//")
        rest = String(hasSlashes ? parts[0].dropFirst(2) : parts[0])
        parameters = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { parameter in
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (pair[0], pair.count > 1 ? PercentEncoding.decoded(pair[1].replacing("+", with: "%2B")) : "")
        }
    }

    /// Returns an error about the address, which is shown unless it may have a secret.
    func problem(_ what: String, _ remedy: String) -> SwiftwaterError {
        let mayBeSecret =
            text.contains("@")
            || parameters.contains { parameter in
                ["password", "secret", "token"].contains { parameter.name.lowercased().contains($0) }
            }
        return SwiftwaterError(
            .invalidArgument, "\(mayBeSecret ? "the \(scheme) address" : "'\(text)'") \(what)", remedy: remedy)
    }

    /// Returns the user that stands before servers, and the servers.
    ///
    /// - Throws: `invalidArgument`, with `remedy`, if there is a password.
    func user(before servers: Substring, _ remedy: String) throws -> (user: String?, servers: Substring) {
        guard let at = servers.lastIndex(of: "@") else { return (nil, servers) }
        let name = servers[..<at]
        guard !name.contains(":") else { throw problem("has a password", remedy) }
        return (PercentEncoding.decoded(String(name)), servers[servers.index(after: at)...])
    }

    /// Returns the value of the parameter `patience`, in seconds.
    func patience(_ value: String) throws -> Duration {
        guard let seconds = Int(value), (0...86_400).contains(seconds) else {
            throw problem("has a patience of '\(value)'", "give seconds, up to 86400")
        }
        return .seconds(seconds)
    }

    /// Returns a host and a port, which may be left out.
    func server(_ text: Substring, port usual: Int) throws -> (host: String, port: Int) {
        var (host, port) = (text, usual)
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else {
                throw problem("has a port that is not a number from 1 to 65535", "write HOST or HOST:PORT")
            }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let isName = host.utf8.allSatisfy { byte in
            (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        guard !host.isEmpty, isName else {
            throw problem("names no host, or one with characters that no host has", "write HOST or HOST:PORT")
        }
        return (String(host), port)
    }
}
