import SwiftwaterCore

/// What a database, or the connection to it, says is wrong.
protocol DatabaseProblem: Error {
    /// Whether the same may work later.
    var mayPass: Bool { get }
    /// Whether the connection is of no more use.
    var isBroken: Bool { get }
    /// The error for a user.
    var error: SwiftwaterError { get }
}
