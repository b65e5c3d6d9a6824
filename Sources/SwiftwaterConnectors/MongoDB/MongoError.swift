import SwiftwaterCore

/// What a MongoDB server, or the connection to it, says is wrong.
struct MongoError: DatabaseProblem {
    /// The code of the server (its list `error_codes.yml`), or of the driver.
    let code: UInt32
    let words: String
    /// Labels such as `TransientTransactionError` that the server or the driver set.
    let labels: Set<String>
    /// Whether the driver, and not the server, says so.
    let isOfDriver: Bool
    let label: String

    static let transient = "TransientTransactionError"
    static let unknownCommit = "UnknownTransactionCommitResult"
    static let retryable = "RetryableWriteError"
    static let network = "NetworkError"
    static let resumable = "ResumableChangeStreamError"
    static let known = [transient, unknownCommit, retryable, network, resumable]

    static let duplicateKey: UInt32 = 11000
    static let namespaceExists: UInt32 = 48
    /// The server has no change streams: it is not in a replica set.
    static let notAReplicaSet: UInt32 = 40573
    /// The server no longer has what follows in a change stream (ChangeStreamHistoryLost, ChangeStreamFatalError).
    static let historyLost: Set<UInt32> = [286, 280]
    /// A cursor that ended, or that must be opened again.
    static let cursorLost: Set<UInt32> = [43, 50, 63, 133, 136, 150, 234, 237]

    /// The driver connects again by itself, but with the password that it has.
    var isBroken: Bool { isDenied }

    var isDenied: Bool { [13, 18].contains(code) || words.contains("uthentication failed") }

    /// Whether the same may work later: no server, another primary, no room, or other transactions are in the way.
    var mayPass: Bool {
        !labels.isEmpty || isOfDriver && !words.contains("certificate")
            || [6, 7, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031, 251, 225].contains(
                code)
            || isDenied || hasNoRoom
    }

    /// Whether the disk is full: a code of its own, or the storage engine's words under a general code.
    private var hasNoRoom: Bool { code == 14031 || words.contains("No space left") }

    var error: SwiftwaterError {
        let said = TerminalText.safe(String(words.prefix(500)))
        let (kind, remedy): (SwiftwaterError.Code, String?) =
            if isDenied {
                (.denied, MongoAddress.accessRemedy)
            } else if hasNoRoom {
                (.io, "free some space on the server")
            } else if code == 121 {
                (.invalidState, "the collection's validator refuses the rows; use another collection")
            } else if isOfDriver {
                (.network, "check that the server runs and can be reached")
            } else {
                (mayPass ? .network : .io, nil)
            }
        return SwiftwaterError(
            kind, "\(label): \(said)\(isOfDriver ? "" : " (code \(code))")", remedy: remedy, isRetryable: mayPass)
    }
}
