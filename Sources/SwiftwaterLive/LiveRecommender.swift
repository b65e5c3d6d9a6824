import Logging
import SwiftwaterCore
@_exported import SwiftwaterRecommender
import SwiftwaterStorage
import Synchronization

/// Settings of a live recommender.
public struct LiveSettings: Sendable {
    /// The time in which a rating's weight in the recent popularity falls by half.
    public var popularityHalfLife: Duration
    /// The clock that gives the times of ratings and trainings.
    public var clock: any StreamClock
    /// The file system of the directory with the log, the model and the report of the last training.
    public var files: any FileSystem
    /// Receives what the directory's files lost, and other things that an operator should know.
    public var logger: Logger
    /// The pause after which the log of ratings notes for good how much was acknowledged; nil in simulations.
    package var settlesAfter: Duration? = .seconds(1)

    /// Creates settings. Omitted arguments have their defaults.
    public init(
        popularityHalfLife: Duration = .seconds(3600), clock: any StreamClock = SystemClock(),
        files: any FileSystem = LocalFileSystem(isPrivate: true), logger: Logger = Logger(label: "swiftwater")
    ) {
        self.popularityHalfLife = popularityHalfLife
        self.clock = clock
        self.files = files
        self.logger = logger
    }
}

/// A factor model whose answers reflect new ratings at once.
///
/// When a user rates, the user's factors are recomputed exactly from the whole history (training and since), with the
/// items' factors unchanged. If a user rates an item twice, the last rating counts. Ratings of items that the model
/// does not know count from the next training on.
///
/// With a directory, a rating is acknowledged when it is in a log on the disk (many share one commit), and survives any
/// kind of stop. Readers never wait: not for the disk, nor for fold-in, training or a new model.
///
/// Memory: the model, and for each rating in the log, which a training does not shorten, about 100 bytes, if users have
/// a handful each, ids have up to 15 bytes and the model has rank 10. In full: 30 bytes for each rating, 8 for each
/// rating of these users in the training, and for each of the users 250 and 4 times the rank.
public final class LiveRecommender: Sendable {
    let serving: Monitor<ServingState>
    let writer: LiveWriter
    let settings: LiveSettings
    let directory: String?
    let training = Monitor(TrainingState())
    /// The number of models that `replace(model:)` installed.
    let replacements = Monitor(0)
    let trending: RecentPopularity
    /// Whether a model is being installed.
    private let installation = Monitor(false)

    /// Creates a recommender that keeps its ratings in memory only.
    public convenience init(model: MatrixFactorizationModel) {
        do { try self.init(directory: nil) { model } } catch {
            preconditionFailure("failed without a directory: \(error)")
        }
    }

    /// Creates a recommender that keeps its ratings in `directory`, which is created if needed.
    ///
    /// - Parameters:
    ///   - directory: holds `ratings/` (the log) and, after a training or after a user was forgotten, `model.swmodel`,
    ///     which is then used instead of `model`. If nil, nothing is kept.
    ///   - model: called if the directory holds no model.
    ///   - settings: the settings of the recommender.
    /// - Throws: `invalidState` if another process has the directory; `corrupted` if the log or the model is damaged;
    ///   the errors of `model`.
    public init(
        directory: String?, settings: LiveSettings = LiveSettings(), model: () throws -> MatrixFactorizationModel
    ) throws {
        self.settings = settings
        self.directory = directory
        trending = RecentPopularity(halfLife: settings.popularityHalfLife)
        var (log, ratings): (RatingLog?, LoggedRatings) = (nil, LoggedRatings())
        var lock: DirectoryLock?
        var own: MatrixFactorizationModel?
        if let directory {
            try settings.files.createDirectory(directory)
            lock = try settings.files.lock(directory)
            (log, ratings) = try RatingLog.open(directory + "/ratings", files: settings.files) {
                [logger = settings.logger] in
                logger.warning("\($0)")
            }
            own = try Self.ownModel(directory, settings.files, ratings)
            training.update { $0.last = TrainingReport.read(directory, settings.files) }
        }
        let known = try own ?? model()
        let forgotten = ratings.forgotten
        let first = forgotten.isEmpty ? known : known.removing { forgotten.contains(ForgottenUser(Text($0))) }
        for user in ratings.users {
            for (item, rating) in ratings.ratings(of: user) where first.itemIDs.index(of: String(item)) != nil {
                trending.add(item, at: rating.time)
            }
        }
        serving = Monitor(PreparedModel(first, generation: 1, ratings).state)
        writer = LiveWriter(
            log: log, lock: lock, logged: ratings, serving: serving, trending: trending, clock: settings.clock,
            settlesAfter: settings.settlesAfter, logger: settings.logger)
    }

    /// Why ratings cannot be stored at the moment, such as a full disk; nil if they can. Tried again every second.
    public var storageFailure: SwiftwaterError? { writer.logFailure }

    /// Returns the model in the directory, if any. Removes what a crash left of forgotten users.
    private static func ownModel(
        _ directory: String, _ files: any FileSystem, _ ratings: LoggedRatings
    ) throws -> MatrixFactorizationModel? {
        try files.removeTemporaries(in: directory)
        let path = directory + "/model.swmodel"
        guard try files.exists(path) else { return nil }
        let model = try ModelFile.read(path, files: files)
        let clean = model.removing { ratings.forgotten.contains(ForgottenUser(Text($0))) }
        if clean.userIDs.count < model.userIDs.count { try ModelFile.write(clean, to: path, files: files) }
        return clean
    }

    deinit { writer.requestStop() }

    /// Stops taking ratings, finishes those that wait, closes the log, and unlocks the directory.
    public func close() { writer.stop() }

    /// The current model.
    public var model: MatrixFactorizationModel { serving.read { $0.model } }
    /// The range of the ratings that the model was trained on; nil if there were none. O(1).
    public var ratingRange: ClosedRange<Double>? { serving.read { $0.ratingRange } }
    /// The current model's number, counted from 1 in this process.
    public var generation: Int { serving.read { $0.generation } }
    /// The number of ratings, since the start, of items that the model did not know.
    public var unknownItemCount: Int { writer.unknownItemCount }
    /// The number of user-item pairs with a rating in the log.
    public var ratingCount: Int { writer.ratingCount }
    /// The number of users with ratings in the log.
    public var ratedUserCount: Int { writer.userCount }

    // MARK: Ratings

    /// Adds ratings, all of them or none. On return they are safe, and the users' next recommendations reflect them.
    /// O(history x rank^2 + rank^3) for each user; implicit models add O(items x rank^2).
    ///
    /// Any finite rating is taken: one far outside `ratingRange` spoils the next model for everyone, so the server
    /// refuses those.
    ///
    /// - Throws: `invalidArgument` for an empty id or a rating that is not finite; `io` if the log cannot be written,
    ///   after which the recommender takes no ratings until it is reopened; `limitExceeded` if too many requests wait.
    @discardableResult
    public func rate(_ events: [RatingEvent]) async throws -> RatingReceipt {
        try Self.check(events)
        return try await withCheckedThrowingContinuation { continuation in
            writer.submit(.ratings(events)) { continuation.resume(with: $0) }
        }
    }

    /// Does what `rate(_:)` does, but blocks the thread.
    @discardableResult
    public func rateBlocking(_ events: [RatingEvent]) throws -> RatingReceipt {
        try Self.check(events)
        return try wait(for: .ratings(events))
    }

    private static func check(_ events: [RatingEvent]) throws {
        for event in events where event.user.isEmpty || event.item.isEmpty || !event.rating.isFinite {
            throw SwiftwaterError(
                .invalidArgument, "a rating of '\(event.item)' by '\(event.user)' is \(event.rating)",
                remedy: "give a user, an item and a finite number")
        }
    }

    func wait(for request: LiveWriter.Request) throws -> RatingReceipt {
        let result = Monitor<Result<RatingReceipt, any Error>?>(nil)
        writer.submit(request) { answer in result.update { $0 = answer } }
        return try result.wait { $0 }.get()
    }

    /// Forgets a user.
    ///
    /// Once the log on the disk records it, the user's ratings, factors and training history no longer affect any
    /// answer; then the log and the model in the directory are rewritten without them. A training does not bring the
    /// user back: a hash of the id stays. Files elsewhere, such as the ratings that the model was trained on, are not
    /// changed.
    ///
    /// - Throws: `io` if the disk fails; call it again then.
    public func forget(user: String) async throws {
        try await SystemThread.run(named: "swiftwater-forget") { try self.forgetBlocking(user: user) }
    }

    /// Does what `forget(user:)` does, but blocks the thread.
    public func forgetBlocking(user: String) throws {
        _ = try wait(for: .forget(user))
        try installing {
            let model = self.model
            guard model.userIDs.index(of: user) != nil else { return }
            try install(model)
        }
    }

    /// Runs `body` while no other change of the model runs, from reading the current model to replacing it.
    func installing(_ body: () throws -> Void) rethrows {
        installation.wait { isBusy in
            if isBusy { return nil as Void? }
            isBusy = true
            return ()
        }
        defer { installation.update { $0 = false } }
        try body()
    }

    /// Writes a model to the directory, without forgotten users, and serves it. Call within `installing`.
    func install(_ model: MatrixFactorizationModel) throws {
        while true {
            let ratings = writer.ratings
            let clean = model.removing { ratings.forgotten.contains(ForgottenUser(Text($0))) }
            let prepared = PreparedModel(clean, generation: generation + 1, ratings)
            if let directory { try ModelFile.write(clean, to: directory + "/model.swmodel", files: settings.files) }
            do {
                _ = try wait(for: .swap(prepared))
                return
            } catch is OutdatedModel { continue }
        }
    }
}
