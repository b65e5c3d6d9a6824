import Logging
import SwiftwaterCore
import SwiftwaterStreaming

extension StreamingContext {
    /// Returns a stream of the changes of a MongoDB collection, each a line of JSON: the document, or the whole event.
    ///
    /// With a checkpoint, a restart goes on where the program was, and each change counts once. `docs/DATABASES.md` has
    /// the address's parameters.
    ///
    /// - Parameter address: `mongodb://[USER@]HOST[:PORT]/DATABASE/COLLECTION` of a replica set or a sharded cluster.
    /// - Throws: `invalidArgument` for another address; `unsupported` without MongoDB's driver.
    public func mongoTextStream(_ address: String) throws -> DStream<Text> {
        let address = try MongoChangesAddress(address)
        _ = try LibMongoC.shared()
        let logger = engine.logger
        return receiverStream(
            MongoChanges(address) { logger.warning("\($0)") }, name: "mongodb \(address.collection)")
    }
}

/// Receives the changes of a collection on a thread of its own.
///
/// The sender's position in the receiver's log is a cluster time. A restart begins with the changes that have it, and
/// those that were stored are known by their keys.
package final class MongoChanges: TextReceiver {
    private struct State {
        var isStopping = false
        var isRunning = false
        var isFull = false
        var status: SourceStatus
        var rate: LineRate
    }

    /// Where a thread is.
    private struct Place {
        var connection: MongoConnection?
        var cursor: MongoChangeCursor?
        /// Where the next cursor begins, other than at the position.
        var start: MongoChangeCursor.Start?
        var hasConnected = false
        var pause = MongoChanges.firstPause
    }

    private static let sender = "changes"
    private static let firstPause = Duration.milliseconds(100)
    private static let pauseMax = Duration.seconds(5)

    private let address: MongoChangesAddress
    private let clock: any StreamClock
    private let report: @Sendable (String) -> Void
    private let state: Monitor<State>

    /// Creates a receiver.
    ///
    /// - Parameter report: receives what a user should know, such as that the server is away.
    package init(
        _ address: MongoChangesAddress, clock: any StreamClock = SystemClock(),
        report: @escaping @Sendable (String) -> Void
    ) {
        (self.address, self.clock, self.report) = (address, clock, report)
        state = Monitor(
            State(
                status: SourceStatus(.connecting, since: clock.instant(), place: address.server.servers),
                rate: LineRate(at: clock.elapsed())))
    }

    package func start(into store: ReceiverStore) throws {
        // So that options that the driver does not know are an error now.
        _ = try MongoConnection(address.server)
        state.update { ($0.isStopping, $0.isRunning, $0.isFull) = (false, true, false) }
        SystemThread.start(named: "swiftwater-mongodb") { [self] in
            var place = Place()
            while !state.read({ $0.isStopping }) {
                do {
                    try read(&place, into: store)
                } catch {
                    if let final = meet(error, &place, store) {
                        set(.ended, final.message)
                        store.fail(final)
                        break
                    }
                }
            }
            // The connection is closed by the thread that used it.
            place = Place()
            state.update { $0.isRunning = false }
        }
    }

    package func stop() {
        state.update { $0.isStopping = true }
        state.wait { $0.isRunning ? nil : () }
    }

    package var status: SourceStatus? {
        let now = clock.elapsed()
        return state.read { state in
            var status = state.status
            status.linesPerSecond = state.rate.perSecond(at: now)
            return status
        }
    }

    // MARK: Reading

    /// Reads what is there, or waits a little for more.
    private func read(_ place: inout Place, into store: ReceiverStore) throws {
        waitForRoom(store)
        let connection = try place.connection ?? MongoConnection(address.server)
        place.connection = connection
        var cursor = try place.cursor ?? MongoChangeCursor(connection, address, start(place, store))
        let batch = try cursor.next()
        (place.cursor, place.start) = (batch.isLast ? nil : cursor, batch.next)
        (place.hasConnected, place.pause) = (true, Self.firstPause)
        set(.connected, nil)
        take(batch, into: store)
    }

    private func start(_ place: Place, _ store: ReceiverStore) -> MongoChangeCursor.Start {
        if let start = place.start { return start }
        let position = store.lastPosition(of: Self.sender)
        if position > 0 { return .at(position) }
        return address.start.map { .at(UInt64(clamping: $0 / 1000) << 32) } ?? .now
    }

    private func waitForRoom(_ store: ReceiverStore) {
        guard !store.hasRoom else { return }
        state.update { $0.isFull = true }
        store.whenRoom { self.state.update { $0.isFull = false } }
        state.wait { $0.isFull && !$0.isStopping ? nil : () }
    }

    private func take(_ batch: MongoChangeCursor.Batch, into store: ReceiverStore) {
        guard !state.read({ $0.isStopping }) else { return }
        let repeated = store.store(batch.lines, from: Self.sender, keeping: 0)
        if batch.absent > 0 { report("\(address.label): \(batch.absent) documents were gone before they were read") }
        guard !batch.lines.isEmpty else { return }
        let new = batch.lines.count - repeated
        let time = Duration.seconds(Int64(batch.lines.position >> 32))
        state.update { state in
            state.status.lines += new
            state.status.repeated += repeated
            state.status.delay = clock.instant() - time
            state.rate.add(new, at: clock.elapsed())
        }
    }

    // MARK: Trouble

    /// Waits, or goes on elsewhere, after an error. Returns the error if it cannot go on.
    private func meet(_ error: any Error, _ place: inout Place, _ store: ReceiverStore) -> SwiftwaterError? {
        place.cursor = nil
        guard let problem = error as? MongoError else {
            return error as? SwiftwaterError ?? SwiftwaterError(.io, "\(address.label): \(error)")
        }
        if problem.isBroken { place.connection = nil }
        if problem.code == MongoError.notAReplicaSet {
            return SwiftwaterError(
                .unsupported, "\(address.label): the server is not in a replica set, so it has no change streams",
                remedy: "make it a replica set of one; see docs/DATABASES.md")
        }
        if MongoError.historyLost.contains(problem.code) { return lose(problem, &place, store) }
        let mayPass = problem.mayPass || MongoError.cursorLost.contains(problem.code)
        guard mayPass, place.hasConnected || !problem.isDenied else { return problem.error }
        set(.waiting, problem.error.message)
        state.wait(atMost: place.pause) { $0.isStopping ? () : nil }
        place.pause = min(place.pause * 2, Self.pauseMax)
        return nil
    }

    /// Goes on with what is new if the server no longer has what comes next, and the user wants that.
    private func lose(_ problem: MongoError, _ place: inout Place, _ store: ReceiverStore) -> SwiftwaterError? {
        let position = store.lastPosition(of: Self.sender)
        let begin = position > 0 ? Int64(position >> 32) : (address.start ?? 0) / 1000
        let now = clock.instant()
        let gap = max(.zero, now - .seconds(begin))
        let what = "\(address.label): the server no longer has the changes of the last \(gap.label)"
        guard address.goesOn else {
            return SwiftwaterError(
                .notFound, "\(what): \(problem.words)",
                remedy: "go on without them: add lost=latest to the address; a larger oplog keeps more")
        }
        report("\(what), which do not count")
        state.update { state in
            state.status.gaps += 1
            state.status.gapTime += gap
            state.status.lastGap = .init(length: gap, found: now)
        }
        place.start = .now
        return nil
    }

    private func set(_ link: SourceStatus.Link, _ reason: String?) {
        let isNew = state.update { state in
            guard state.status.link != link else { return false }
            (state.status.link, state.status.since) = (link, clock.instant())
            state.status.reason = reason ?? state.status.reason
            return true
        }
        if isNew, link == .waiting, let reason { report("\(reason); trying again") }
    }
}
