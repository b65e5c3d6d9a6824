import SwiftwaterCore

/// What a PostgreSQL server, or the connection to it, says is wrong.
struct PostgreSQLError: DatabaseProblem {
    /// The SQLSTATE, of five characters; empty if the connection broke.
    let state: String
    let words: String
    let address: PostgreSQLAddress
    /// Whether the connection is of no more use.
    let isBroken: Bool

    /// Whether the same may work later: the connection broke, the server stops or starts, transactions were in each
    /// other's way, or there is no room (classes 08, 40, 53, 57P and 55P).
    var mayPass: Bool {
        isBroken || state.hasPrefix("08") || state.hasPrefix("40") || state.hasPrefix("53") || state.hasPrefix("57P")
            || ["55P03", "57014"].contains(state)
    }

    /// The error for a user.
    var error: SwiftwaterError {
        let said = TerminalText.safe(String(words.prefix(500)))
        let (code, remedy): (SwiftwaterError.Code, String?) =
            switch state {
            case "28P01", "28000": (.denied, PostgreSQLAddress.accessRemedy)
            case "42501": (.denied, "give the user the right to it")
            case "3D000": (.notFound, "create the database, or name another")
            case "42P01": (.notFound, "create the table, or name another")
            case "42703", "42804", "22P02":
                (.invalidState, "check the table's columns and types, or use another table")
            case "53100": (.io, "free some space on the server")
            case "": (.network, "check that the server runs and can be reached")
            default: (mayPass ? .network : .io, nil)
            }
        return SwiftwaterError(
            code, "\(address.label): \(said)\(state.isEmpty ? "" : " (SQLSTATE \(state))")", remedy: remedy,
            isRetryable: mayPass)
    }
}
