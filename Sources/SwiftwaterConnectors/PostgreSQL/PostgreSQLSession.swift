import SwiftwaterCore

/// A connection that is made when it is needed, and made again when it broke. Threads take turns.
final class PostgreSQLSession: Sendable {
    /// Pauses between attempts grow to this.
    private static let pauseMax = Duration.seconds(5)

    let address: PostgreSQLAddress
    private let clock: any StreamClock
    private let report: @Sendable (String) -> Void
    private let connection = Monitor<UncheckedSendable<PostgreSQLConnection?>>(UncheckedSendable(nil))

    /// Creates a session.
    ///
    /// - Parameter report: receives what a user should know, such as that the server is away.
    init(
        _ address: PostgreSQLAddress, clock: any StreamClock = SystemClock(),
        report: @escaping @Sendable (String) -> Void
    ) {
        (self.address, self.clock, self.report) = (address, clock, report)
    }

    /// Runs statements, which must be safe to repeat. What may pass is tried again as long as the address says.
    ///
    /// - Parameter isPatient: whether to wait for a server that is away.
    /// - Throws: what the server says, or `network`.
    func run<Result>(isPatient: Bool, _ body: (PostgreSQLConnection) throws -> Result) throws -> Result {
        try connection.update { held in
            let begin = clock.elapsed()
            var pause = Duration.milliseconds(100)
            var isAway = false
            while true {
                do {
                    let open = try held.value ?? PostgreSQLConnection(address)
                    held = UncheckedSendable(open)
                    let result = try body(open)
                    if isAway { report("\(address.label) is there again") }
                    return result
                } catch let problem as PostgreSQLError {
                    if problem.isBroken || held.value?.isAlive == false { held = UncheckedSendable(nil) }
                    guard isPatient, problem.mayPass, clock.elapsed() - begin + pause <= address.patience else {
                        throw problem.error
                    }
                    if !isAway { report("\(problem.error.message); trying again") }
                    isAway = true
                    clock.wait(until: clock.now() + pause) { false }
                    pause = min(pause * 2, PostgreSQLSession.pauseMax)
                }
            }
        }
    }
}
