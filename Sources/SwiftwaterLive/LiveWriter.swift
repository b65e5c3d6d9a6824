import Logging
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage

/// The only thread that changes ratings and models. Requests that arrive while the disk is busy share the next commit.
final class LiveWriter: @unchecked Sendable {
    enum Request {
        case ratings([RatingEvent])
        case forget(String)
        /// Replaces the current model. Its users were computed from the ratings at the time it was prepared.
        case swap(PreparedModel)
    }

    struct Queue {
        var waiting: [(request: Request, tell: @Sendable (Result<RatingReceipt, any Error>) -> Void)] = []
        var isStopped = false
        var isDone = false
    }

    private let queue = Monitor(Queue())
    private let log: RatingLog?
    /// Held until the log is closed.
    private var lock: DirectoryLock?
    /// Changed only by the thread; locked because a training reads it.
    private let logged: Monitor<LoggedRatings>
    private let serving: Monitor<ServingState>
    private let trending: RecentPopularity
    private let clock: any StreamClock
    private let unknownItems = Monitor(0)
    private let failure = Monitor<SwiftwaterError?>(nil)
    private let logger: Logger
    /// Users forgotten since the start; used only by the thread.
    private var forgottenNames: Set<Text> = []
    /// Whether the log still holds ratings of a forgotten user; used only by the thread.
    private var holdsForgotten = false
    /// The pause after which the log notes for good how much was acknowledged; nil for never.
    private let settlesAfter: Duration?
    private static let waitingMax = 10_000

    init(
        log: RatingLog?, lock: DirectoryLock?, logged: LoggedRatings, serving: Monitor<ServingState>,
        trending: RecentPopularity, clock: any StreamClock, settlesAfter: Duration?, logger: Logger
    ) {
        self.logger = logger
        self.settlesAfter = settlesAfter
        (self.log, self.lock, self.serving, self.trending, self.clock) = (log, lock, serving, trending, clock)
        self.logged = Monitor(logged)
        SystemThread.start(named: "swiftwater-live") { self.run() }
    }

    var unknownItemCount: Int { unknownItems.read { $0 } }
    /// The current ratings. While the caller holds them, the next change copies them.
    var ratings: LoggedRatings { logged.read { $0 } }
    /// The current ratings of a user, in order of the items' ids.
    func ratings(of user: String) -> [(item: Text, rating: LoggedRatings.Rating)] {
        logged.read { $0.ratings(of: Text(user)) }
    }
    var ratingCount: Int { logged.read(\.count) }
    var userCount: Int { logged.read(\.userCount) }

    func submit(_ request: Request, _ tell: @escaping @Sendable (Result<RatingReceipt, any Error>) -> Void) {
        let refusal: SwiftwaterError? = queue.update { queue in
            if queue.isStopped { return SwiftwaterError(.invalidState, "the recommender was closed") }
            guard queue.waiting.count < Self.waitingMax else {
                return SwiftwaterError(
                    .limitExceeded, "\(Self.waitingMax) requests are waiting for the disk",
                    remedy: "send fewer or larger requests",
                    isRetryable: true)
            }
            queue.waiting.append((request, tell))
            return nil
        }
        if let refusal { tell(.failure(refusal)) }
    }

    /// Stops taking requests, finishes those that wait, and closes the log.
    func stop() {
        queue.update { $0.isStopped = true }
        _ = queue.wait { $0.isDone ? true : nil }
    }

    /// Does what `stop()` does, but returns at once.
    func requestStop() { queue.update { $0.isStopped = true } }

    private func run() {
        var isSettled = true
        while true {
            let take = { (queue: inout Queue) -> [(Request, @Sendable (Result<RatingReceipt, any Error>) -> Void)]? in
                if queue.waiting.isEmpty { return queue.isStopped ? [] : nil }
                defer { queue.waiting = [] }
                return queue.waiting.map { ($0.request, $0.tell) }
            }
            guard let work = isSettled ? queue.wait(for: take) : queue.wait(atMost: settlesAfter!, for: take) else {
                isSettled = settle()
                continue
            }
            if work.isEmpty { break }
            commit(work)
            isSettled = log == nil || settlesAfter == nil
        }
        log?.close()
        lock = nil
        queue.update { $0.isDone = true }
    }

    /// Does what can wait until there are no requests: the log notes for good what it acknowledged, or, after a
    /// failure, tries whether there is room again. Returns whether nothing is left to do.
    private func settle() -> Bool {
        guard let log else { return true }
        guard log.hasFailed else {
            log.settle()
            return true
        }
        return (try? reopen(log)) != nil
    }

    private func reopen(_ log: RatingLog) throws {
        guard log.hasFailed else { return }
        try log.reopen()
        failure.update { $0 = nil }
        logger.warning("the log of ratings can be written again")
    }

    /// Why ratings cannot be stored; nil if they can.
    var logFailure: SwiftwaterError? { failure.read { $0 } }

    /// Writes the log, then updates what readers see, then answers the requests.
    private func commit(_ work: [(Request, @Sendable (Result<RatingReceipt, any Error>) -> Void)]) {
        let time = clock.now().milliseconds
        do {
            if let log { try reopen(log) }
            for (request, _) in work {
                switch request {
                case .ratings(let events): try log?.append(events, at: time)
                case .forget(let user): try log?.append(forget: ForgottenUser(Text(user)))
                case .swap: break
                }
            }
            try log?.flush()
        } catch {
            let known = error as? SwiftwaterError ?? SwiftwaterError(.io, "\(error)", cause: error)
            let isNew = failure.update { failure in
                defer { failure = known }
                return failure == nil
            }
            // Said once: every refused request gets the error.
            if isNew { logger.error("ratings are refused until the log can be written: \(known)") }
            for (_, tell) in work { tell(.failure(error)) }
            return
        }
        let results = work.map { request, _ in Result { try apply(request, at: time) } }
        // Compaction rewrites the log from memory, so all of this commit must be applied first.
        let compaction = Result { try compactIfWanted() }
        for ((request, tell), result) in zip(work, results) {
            if case .forget = request, case .failure(let error) = compaction {
                tell(.failure(error))
            } else {
                tell(result)
            }
        }
    }

    private func apply(_ request: Request, at time: Int64) throws -> RatingReceipt {
        switch request {
        case .ratings(let events): return apply(events, at: time)
        case .forget(let user):
            let id = Text(user)
            let count = ratingCount
            logged.update { $0.forget(id) }
            if ratingCount < count { holdsForgotten = true }
            forgottenNames.insert(id)
            show(id, serving.read { $0 })
            return RatingReceipt(count: 0, unknownItems: 0)
        case .swap(let prepared):
            let (current, past) = (ratings, prepared.ratings)
            for id in forgottenNames where !past.forgotten.contains(ForgottenUser(id)) {
                // The user was forgotten while the model was prepared.
                if prepared.state.model.userIDs.index(of: String(id)) != nil { throw OutdatedModel() }
            }
            for id in current.users where !current.hasSameRatings(of: id, as: past) { prepared.show(id, current) }
            for id in past.users where !current.hasRatings(of: id) { prepared.show(id, current) }
            serving.update { $0 = prepared.state }
            return RatingReceipt(count: 0, unknownItems: 0)
        }
    }

    private func apply(_ events: [RatingEvent], at time: Int64) -> RatingReceipt {
        let model = serving.read { $0.model }
        var unknown = 0
        var changes: [Text: [(item: Text, rating: Float)]] = [:]
        logged.update { logged in
            for event in events {
                let (user, item) = (Text(event.user), Text(event.item))
                logged.add(user, item, .init(rating: event.rating, time: time))
                changes[user, default: []].append((item, event.rating))
                if let index = model.itemIDs.index(of: event.item), model.knows(itemIndex: index) {
                    trending.add(item, at: time)
                } else {
                    unknown += 1
                }
            }
        }
        unknownItems.update { $0 += unknown }
        let state = serving.read { $0 }
        for (user, ratings) in changes {
            if let before = state.user(user) {
                state.set(user, before.adding(ratings, model: state.model))
            } else {
                show(user, state)
            }
        }
        return RatingReceipt(count: events.count, unknownItems: unknown)
    }

    /// Recomputes what readers see of a user.
    private func show(_ user: Text, _ state: ServingState) {
        let (own, isForgotten) = logged.read { ($0.ratings(of: user), $0.forgotten.contains(ForgottenUser(user))) }
        let isKnown = !own.isEmpty || isForgotten
        state.set(user, isKnown ? LiveUser(user, own, isForgotten: isForgotten, model: state.model) : nil)
    }

    /// Compacts the log: at once if it holds ratings of a forgotten user, or if it holds many outdated ratings. An id
    /// that the log did not know costs only its hash.
    private func compactIfWanted() throws {
        guard let log else { return }
        let count = logged.read { $0.count + $0.forgotten.count }
        guard holdsForgotten || log.writtenCount > 2 * count + 100_000 else { return }
        try log.compact(ratings)
        holdsForgotten = false
    }
}
