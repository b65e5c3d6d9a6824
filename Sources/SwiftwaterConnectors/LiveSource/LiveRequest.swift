import SwiftwaterCore

/// What is asked of a live service.
package struct LiveRequest: Sendable, Equatable {
    /// How the service sends.
    package enum Kind: Sendable { case webSocket, stream }

    package let kind: Kind
    package let host: String
    package let port: Int
    package let isSecure: Bool
    /// The path with the query, encoded.
    package let target: String
    /// Secrets among them are shown nowhere.
    package let headers: [Header]

    /// A header of the request.
    package struct Header: Sendable, Equatable {
        let name: String
        let value: Secret
    }

    package init(
        _ kind: Kind, host: String, port: Int, isSecure: Bool, target: String, headers: [Header] = []
    ) {
        (self.kind, self.host, self.port, self.isSecure) = (kind, host, port, isSecure)
        (self.target, self.headers) = (target, headers)
    }
}
