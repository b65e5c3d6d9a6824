import Logging
import SwiftwaterCore
import SwiftwaterStreaming

/// Keeps a connection to a live service: does what `LinkState` says, hands what comes to a reader, and stores its
/// lines.
package final class LiveLink: Sendable {
    private struct State {
        var link: LinkState
        var connection: (any LiveConnection)?
        var reader: any LiveReader
        var intake: LiveIntake
        /// The number of the connection. What others do is too late.
        var attempt = 0
        /// The number of the next `step` that is awaited. Others are too late.
        var timer = 0
        var host = 0
        /// The position when the connection was made, until its first event.
        var resumed: UInt64?
        /// When something came; nil before that. By a clock that is never set, so no change of the date is a gap.
        var heardAt: Duration?
        var hasConnected = false
        var isStopped = false
        var isFull = false
        var record: LiveRecord

        mutating func hear(at now: Duration) {
            link.heard(at: now)
            heardAt = now
        }
    }

    private let service: any LiveService
    private let lines: any LiveLines
    private let transport: any LiveTransport
    private let clock: any StreamClock
    private let logger: Logger?
    private let random: @Sendable () -> Double
    private let faults = RepeatedMessages()
    private let state: Monitor<State>

    /// Creates a link, which begins with `start`.
    package init(
        _ service: any LiveService, into lines: any LiveLines, over transport: any LiveTransport,
        clock: any StreamClock = SystemClock(), logger: Logger? = nil,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        (self.service, self.lines, self.transport, self.clock) = (service, lines, transport, clock)
        (self.logger, self.random) = (logger, random)
        let now = clock.elapsed()
        state = Monitor(
            State(
                link: LinkState(service.policy, hosts: service.hosts.count, at: now), reader: service.makeReader(),
                intake: LiveIntake(after: lines.position), record: LiveRecord(at: clock.instant(), elapsed: now)))
    }

    /// How the source is doing.
    package var status: SourceStatus {
        let now = clock.elapsed()
        return state.read { $0.record.status(elapsed: now, place: service.hosts[$0.host]) }
    }

    /// Connects.
    package func start() { wake(in: .zero) }

    /// Ends the connection. Nothing is stored after it returns.
    package func stop() {
        // The connection holds the link: if the link kept it, neither would be freed.
        let connection: (any LiveConnection)? = state.update { state in
            state.isStopped = true
            defer { state.connection = nil }
            return state.connection
        }
        connection?.close()
        transport.shutDown()
    }

    // MARK: Time

    /// Calls `step` after a time, and not when it was to be called before.
    private func wake(in delay: Duration) {
        let number = state.update { state in
            state.timer += 1
            return state.timer
        }
        transport.schedule(in: delay) {
            if self.state.read({ $0.timer == number }) { self.step() }
        }
    }

    /// Does what is due, and comes back when something is again.
    private func step() {
        let now = clock.elapsed()
        let (step, due, connection) = state.update { state -> (LinkState.Step?, Duration?, (any LiveConnection)?) in
            guard !state.isStopped else { return (nil, nil, nil) }
            // A connection that is not read, because the buffer is full, does not count as silent.
            if state.isFull { state.link.heard(at: now) }
            return (state.link.step(at: now), state.link.due, state.connection)
        }
        switch step {
        case .connect(let host): connect(host)
        case .close(let reason):
            let attempt = state.read { $0.attempt }
            connection?.close()
            _ = took(.closed(reason), of: attempt)
        case nil: if let due { wake(in: due - now) }
        }
    }

    private func connect(_ host: Int) {
        let position = lines.position
        let attempt: Int? = state.update { state in
            guard !state.isStopped else { return nil }
            state.attempt += 1
            (state.host, state.isFull) = (host, false)
            state.resumed = position > 0 ? position : nil
            state.reader = service.makeReader()
            state.intake = LiveIntake(after: position, now: self.microseconds)
            return state.attempt
        }
        guard let attempt else { return }
        wake(in: service.policy.connecting)
        do {
            let request = try service.request(host: host, after: position > 0 ? position : nil)
            let connection = transport.connect(request) { self.took($0, of: attempt) }
            let isStopped = state.update { state in
                if state.attempt == attempt, !state.isStopped { state.connection = connection }
                return state.isStopped
            }
            if isStopped { connection.close() }
        } catch {
            failed(.final(error as? SwiftwaterError ?? SwiftwaterError(.invalidArgument, "\(error)")), attempt)
        }
    }

    private var microseconds: UInt64 { UInt64(max(0, clock.instant().wholeMilliseconds)) * 1000 }

    // MARK: Events

    /// Takes an event of a connection. Returns whether to read on.
    private func took(_ event: LiveEvent, of attempt: Int) -> Bool {
        guard state.read({ !$0.isStopped && $0.attempt == attempt }) else { return false }
        let now = clock.elapsed()
        switch event {
        case .opened: opened(at: now)
        case .heard: state.update { $0.hear(at: now) }
        case .bytes(let bytes):
            do {
                try state.update { state in
                    state.hear(at: now)
                    try state.reader.take(bytes, into: &state.intake)
                }
            } catch {
                flush()
                let connection = state.read { $0.connection }
                failed(.lost("\((error as? SwiftwaterError)?.message ?? "\(error)")"), attempt)
                connection?.close()
            }
        case .paused:
            flush()
            if lines.hasRoom { return true }
            state.update { $0.isFull = true }
            lines.whenRoom { self.readOn(attempt) }
            return false
        case .answered(let status, let words, let retryAfter):
            let host = state.read { service.hosts[$0.host] }
            failed(service.failure(status: status, host: host, words: words, retryAfter: retryAfter), attempt)
        case .closed(let reason):
            flush()
            failed(.lost(reason), attempt)
        case .failed(let error):
            flush()
            failed(.final(error), attempt)
        }
        return true
    }

    private func readOn(_ attempt: Int) {
        let connection: (any LiveConnection)? = state.update { state in
            guard !state.isStopped, state.attempt == attempt else { return nil }
            state.isFull = false
            state.link.heard(at: clock.elapsed())
            return state.connection
        }
        connection?.read()
    }

    private func opened(at now: Duration) {
        let (host, gap) = state.update { state -> (String, Duration?) in
            state.link.opened(at: now)
            state.hasConnected = true
            state.record.opened(at: clock.instant())
            var gap: Duration?
            if !service.resumes {
                // An earlier run left only a date.
                let date = state.resumed.map { Duration.microseconds(Int64(clamping: $0)) }
                let pause = state.heardAt.map { now - $0 } ?? date.map { clock.instant() - $0 }
                state.resumed = nil
                if let pause, pause > service.backfill { gap = pause - service.backfill }
                if let gap { state.record.missed(gap, at: clock.instant()) }
                state.heardAt = now
            }
            return (service.hosts[state.host], gap)
        }
        logger?.info("\(service.name): connected to \(host)")
        if let gap { report(gap) }
        step()
    }

    /// Stores what came.
    private func flush() {
        let (gap, malformed, problem) = state.update { state -> (Duration?, Int, SwiftwaterError?) in
            let (malformed, problem) = (state.intake.malformed, state.intake.problem)
            guard !state.isStopped, malformed > 0 || !state.intake.lines.isEmpty else { return (nil, 0, nil) }
            let repeated = state.intake.lines.isEmpty ? 0 : lines.take(state.intake.lines)
            var gap: Duration?
            if let first = state.intake.firstTime {
                gap = state.resumed.flatMap { service.gap(from: $0, to: first, repeated: repeated) }
                state.resumed = nil
            }
            state.record.took(state.intake, repeated: repeated, gap: gap, at: clock.instant(), elapsed: clock.elapsed())
            state.intake.removeAll(now: self.microseconds)
            return (gap, malformed, problem)
        }
        if let gap { report(gap) }
        if malformed > 0, let held = faults.letsThrough("malformed") {
            let problem = problem.map { TerminalText.safe("\($0)") } ?? ""
            logger?.warning("\(service.name): \(malformed + held) messages could not be read: \(problem)")
        }
    }

    private func report(_ gap: Duration) {
        logger?.warning(
            "\(service.name): a gap of \(gap.label): what was posted then does not count, for the service did not send it"
        )
    }

    private func failed(_ failure: LinkFailure, _ attempt: Int) {
        let now = clock.elapsed()
        let result = state.update {
            state -> (host: String, pause: Duration?, reason: String, ended: SwiftwaterError?)? in
            guard !state.isStopped, state.attempt == attempt else { return nil }
            state.attempt += 1
            state.connection = nil
            // What the service accepted before, it may accept again.
            let isLasting = state.hasConnected ? failure.asPassing : failure
            let pause = state.link.failed(isLasting, at: now, random: random())
            var ended: SwiftwaterError?
            if case .ended(let error) = state.link.phase { ended = error }
            state.record.failed(failure.words, isFinal: ended != nil, at: clock.instant())
            return (service.hosts[state.host], pause, failure.words, ended)
        }
        guard let result else { return }
        if let error = result.ended { return lines.fail(error) }
        guard let pause = result.pause else { return }
        logger?.warning(
            "\(service.name): \(result.host): \(result.reason); trying again \(pause == .zero ? "at once" : "in " + pause.label)"
        )
        wake(in: pause)
    }
}
