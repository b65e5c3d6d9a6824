#if SparkConnect
    import Foundation
    import SwiftwaterCore

    /// The address of a Spark Connect server, as Spark documents it:
    ///
    ///     sc://host:15002/;token=...;use_ssl=true;user_id=...;session_id=...
    ///
    /// Other parameters are sent as headers. A token is only sent encrypted, except with `use_ssl=false`. Without one,
    /// the environment's `SPARK_CONNECT_AUTHENTICATE_TOKEN` is the token, which keeps it out of lists of processes.
    public struct SparkAddress: Sendable, Equatable {
        /// The host.
        public let host: String
        /// The port: 15002 by default.
        public let port: Int
        /// Whether the connection is encrypted.
        public let usesTLS: Bool
        /// The user of the session; the name of the process's user by default.
        public let user: String?
        /// The session to join; nil begins a new one.
        public let session: String?
        /// The token, which no description shows.
        package let token: Secret?
        /// The other parameters.
        package let headers: [String: String]

        /// Parses an address.
        ///
        /// - Throws: `invalidArgument`, without the token.
        public init(_ text: String) throws { try self.init(text, environment: ProcessInfo.processInfo.environment) }

        /// Parses an address, with the environment of a process.
        package init(_ text: String, environment: [String: String]) throws {
            func invalid(_ what: String) -> SwiftwaterError {
                SwiftwaterError(
                    .invalidArgument, "the address of a Spark cluster \(what)",
                    remedy: "it is sc://host:15002, with parameters such as /;use_ssl=true;user_id=ana")
            }
            guard text.hasPrefix("sc://") else { throw invalid("begins with sc://") }
            let parts = text.dropFirst("sc://".count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let authority = String(parts[0])
            let colon = authority.lastIndex(of: ":").flatMap { authority.hasSuffix("]") ? nil : $0 }
            let name = colon.map { String(authority[..<$0]) } ?? authority
            host = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
            guard !host.isEmpty else { throw invalid("names no host") }
            let number = colon.map { Int(authority[authority.index(after: $0)...]) } ?? 15002
            guard let number, (1...65535).contains(number) else { throw invalid("has a port from 1 to 65535") }
            port = number
            var parameters: [String: String] = [:]
            for entry in (parts.count > 1 ? parts[1] : "").split(separator: ";") {
                guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else {
                    throw invalid("has a parameter that is not name=value")
                }
                let value = String(entry[entry.index(after: equals)...])
                parameters[String(entry[..<equals])] = value.removingPercentEscapes ?? value
            }
            let ownToken = environment["SPARK_CONNECT_AUTHENTICATE_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
            token = (parameters.removeValue(forKey: "token") ?? ownToken).map { Secret($0) }
            user = parameters.removeValue(forKey: "user_id")
            session = parameters.removeValue(forKey: "session_id")
            if let session, !SparkAddress.isUUID(session) { throw invalid("has a session_id that is a UUID") }
            parameters["user_agent"] = nil
            switch parameters.removeValue(forKey: "use_ssl")?.lowercased() {
            case nil: usesTLS = token != nil
            case "true": usesTLS = true
            case "false": usesTLS = false
            default: throw invalid("has use_ssl=true or use_ssl=false")
            }
            headers = parameters
        }

        private static func isUUID(_ text: String) -> Bool {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
        }
    }

    extension String {
        /// The text with `%41` for `A`; nil if an escape or the result is invalid.
        fileprivate var removingPercentEscapes: String? {
            var bytes: [UInt8] = []
            var rest = utf8[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else {
                    return nil
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            }
            return String(validating: bytes, as: UTF8.self)
        }
    }
#endif
