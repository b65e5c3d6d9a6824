import SwiftwaterCore

/// A connection that is made when it is needed, and made again when it broke. Threads take turns.
final class DatabaseSession<Connection>: Sendable {
    /// Pauses between attempts grow to this.
    private let pauseMax = Duration.seconds(5)

    /// The address without what is secret, for messages.
    let label: String
    private let patience: Duration
    private let clock: any StreamClock
    private let connect: @Sendable () throws -> Connection
    private let report: @Sendable (String) -> Void
    private let connection = Monitor<UncheckedSendable<Connection?>>(UncheckedSendable(nil))

    /// Creates a session.
    ///
    /// - Parameters:
    ///   - patience: how long to wait for a server that is away.
    ///   - report: receives what a user should know, such as that the server is away.
    ///   - connect: connects.
    init(
        _ label: String, patience: Duration, clock: any StreamClock, report: @escaping @Sendable (String) -> Void,
        connect: @escaping @Sendable () throws -> Connection
    ) {
        (self.label, self.patience, self.clock) = (label, patience, clock)
        (self.report, self.connect) = (report, connect)
    }

    /// Runs statements, which must be safe to repeat. What may pass is tried again.
    ///
    /// - Parameter isPatient: whether to wait for a server that is away.
    /// - Throws: what the server says, or `network`.
    func run<Result>(isPatient: Bool, _ body: (Connection) throws -> Result) throws -> Result {
        try connection.update { held in
            let begin = clock.elapsed()
            var pause = Duration.milliseconds(100)
            var isAway = false
            // A connection that was not used for a while may have ended without a word.
            var mayBeOld = held.value != nil
            while true {
                do {
                    let open = try held.value ?? connect()
                    held = UncheckedSendable(open)
                    let result = try body(open)
                    if isAway { report("\(label) is there again") }
                    return result
                } catch let problem as any DatabaseProblem {
                    if problem.isBroken {
                        held = UncheckedSendable(nil)
                        if mayBeOld {
                            mayBeOld = false
                            continue
                        }
                    }
                    guard isPatient, problem.mayPass, clock.elapsed() - begin + pause <= patience else {
                        throw problem.error
                    }
                    if !isAway { report("\(problem.error.message); trying again") }
                    isAway = true
                    clock.wait(until: clock.now() + pause) { false }
                    pause = min(pause * 2, pauseMax)
                }
            }
        }
    }
}
