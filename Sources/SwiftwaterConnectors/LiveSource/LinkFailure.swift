import SwiftwaterCore

/// Why a connection to a live service failed.
package enum LinkFailure: Sendable {
    /// It was lost or not made.
    case lost(String)
    /// The service answered with an HTTP error that can pass.
    case refused(status: Int, retryAfter: Duration?)
    /// Trying again is of no use.
    case final(SwiftwaterError)

    /// What happened, in words.
    var words: String {
        switch self {
        case .lost(let reason): reason
        case .refused(let status, _):
            status == 429 || status == 420
                ? "it refuses because of too many requests (HTTP \(status))" : "it refuses for now (HTTP \(status))"
        case .final(let error): error.message
        }
    }

    /// The same, for a service that accepted the same request before: it may again.
    var asPassing: LinkFailure {
        if case .final = self { .refused(status: 500, retryAfter: nil) } else { self }
    }

    /// What an HTTP answer means for a client that waits for a stream.
    ///
    /// - Parameters:
    ///   - host: the host, for messages.
    ///   - words: what the service says about it, if anything.
    ///   - access: what to do about a refusal.
    package static func answer(
        status: Int, host: String, words: String, retryAfter: Duration?, access: String
    ) -> LinkFailure {
        let said = words.isEmpty ? "" : ": " + TerminalText.safe(String(words.prefix(300)))
        func final(_ code: SwiftwaterError.Code, _ what: String, _ remedy: String) -> LinkFailure {
            .final(SwiftwaterError(code, "\(host) \(what) (HTTP \(status))\(said)", remedy: remedy))
        }
        switch status {
        case 401: return final(.denied, "does not know the token, or wants one", access)
        case 403: return final(.denied, "does not allow this", access)
        case 404, 410: return final(.notFound, "has no such stream", "check the address of the source")
        case 300...399: return final(.unsupported, "sends elsewhere", "use the address it names")
        case 408, 420, 425, 429: return .refused(status: status, retryAfter: retryAfter)
        case 400...499: return final(.invalidArgument, "refuses the request", "check the source's parameters")
        default: return .refused(status: status, retryAfter: retryAfter)
        }
    }
}
