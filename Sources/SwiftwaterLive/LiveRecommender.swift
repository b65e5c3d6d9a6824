import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage
import Synchronization

/// Settings of a live recommender.
public struct LiveSettings: Sendable {
    /// The time in which the weight of a rating falls by half, where recent popularity counts.
    public var popularityHalfLife: Duration
    /// Tells when ratings came and trainings ended.
    public var clock: any StreamClock
    /// Holds the directory: the log, the model and the report of the last training.
    public var files: any FileSystem

    /// Creates settings; what is left out has its default.
    public init(
        popularityHalfLife: Duration = .seconds(3600), clock: any StreamClock = SystemClock(),
        files: any FileSystem = LocalFileSystem()
    ) {
        self.popularityHalfLife = popularityHalfLife
        self.clock = clock
        self.files = files
    }
}

/// A factor model whose answers follow ratings at once: a rated user's factors are computed anew, exactly, from the user's
/// whole history (training and since), with the items' factors as they are.
///
/// With a directory, a rating is answered for when it is in a log on the disk (many share one commit), and is there again after a stop of any
/// kind. Readers wait for nobody: not for the disk, nor for fold-in, training or a new model. Ratings of items that the model does not know
/// count from the next training on. Of two ratings of an item by a user the last counts.
///
/// Memory: the model, and about 200 bytes for each rating in the log, which a training does not shorten.
public final class LiveRecommender: Sendable {
    let serving: Monitor<ServingState>
    let writer: LiveWriter
    let settings: LiveSettings
    let directory: String?
    let training = Monitor(TrainingState())
    /// How often a model came that was trained elsewhere.
    let replacements = Monitor(0)
    let trending: RecentPopularity
    /// Whether a model is being put in place.
    private let installation = Monitor(false)

    /// A recommender that forgets its ratings when it ends.
    public convenience init(model: MatrixFactorizationModel) {
        do { try self.init(directory: nil) { model } } catch {
            preconditionFailure("nothing on a disk can fail: \(error)")
        }
    }

    /// A recommender whose ratings are kept in `directory`, which is made where there is none.
    ///
    /// - Parameters:
    ///   - directory: holds `ratings/` (the log) and, after a training or when someone was forgotten, `model.swmodel`, which then takes the
    ///     place of what `model` gives. nil keeps nothing.
    ///   - model: asked where the directory holds none.
    /// - Throws: `invalidState` where another process has the directory; `corrupted` where the log or the model is damaged; what `model` throws.
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
            (log, ratings) = try RatingLog.open(directory + "/ratings", files: settings.files)
            own = try Self.ownModel(directory, settings.files, ratings)
            training.update { $0.last = TrainingReport.read(directory, settings.files) }
        }
        let known = try own ?? model()
        let forgotten = ratings.forgotten
        let first = forgotten.isEmpty ? known : known.removing { forgotten.contains(ForgottenUser(Text($0))) }
        for (_, items) in ratings.users {
            for (item, rating) in items where first.itemIDs.index(of: String(item)) != nil {
                trending.add(item, at: rating.time)
            }
        }
        serving = Monitor(PreparedModel(first, generation: 1, ratings).state)
        writer = LiveWriter(
            log: log, lock: lock, logged: ratings, serving: serving, trending: trending, clock: settings.clock)
    }

    /// The model in the directory, where there is one. What a crash left of someone who was forgotten is removed.
    private static func ownModel(
        _ directory: String, _ files: any FileSystem, _ ratings: LoggedRatings
    ) throws -> MatrixFactorizationModel? {
        try files.removeTemporaries(in: directory)
        let path = directory + "/model.swmodel"
        guard files.exists(path) else { return nil }
        let model = try ModelFile.read(path, files: files)
        let clean = model.removing { ratings.forgotten.contains(ForgottenUser(Text($0))) }
        if clean.userIDs.count < model.userIDs.count { try ModelFile.write(clean, to: path, files: files) }
        return clean
    }

    deinit { writer.requestStop() }

    /// Takes no more ratings, finishes those that wait, closes the log, and gives the directory back.
    public func close() { writer.stop() }

    /// The model that serves now.
    public var model: MatrixFactorizationModel { serving.read { $0.model } }
    /// From the smallest to the largest rating that the model was trained on; nil where it was on none. O(1).
    public var ratingRange: ClosedRange<Double>? { serving.read { $0.ratingRange } }
    /// Counts the models of this process, from 1.
    public var generation: Int { serving.read { $0.generation } }
    /// Ratings of items that the model did not know, since the start.
    public var unknownItemCount: Int { writer.unknownItemCount }
    /// Ratings in the log, all that came and still count: pairs of user and item.
    public var ratingCount: Int { writer.ratingCount }
    /// Users with ratings in the log.
    public var ratedUserCount: Int { writer.userCount }

    // MARK: Ratings

    /// Takes ratings, all of them or none; when it returns they are safe, and the users' next recommendations follow them.
    /// O(history x rank^2 + rank^3) for each user; implicit models add O(items x rank^2).
    ///
    /// - Throws: `invalidArgument` for an empty id or a rating that is not finite; `io` where the log cannot be written, after which the
    ///   recommender takes no ratings until it is opened again; `limitExceeded` where too many wait.
    @discardableResult
    public func rate(_ events: [RatingEvent]) async throws -> RatingReceipt {
        try Self.check(events)
        return try await withCheckedThrowingContinuation { continuation in
            writer.submit(.ratings(events)) { continuation.resume(with: $0) }
        }
    }

    /// Takes ratings as `rate(_:)` does, and blocks the thread until they are safe.
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

    /// Forgets a person. Ratings since the training, factors, and what the training knew are gone from every answer when
    /// the log says so on the disk; then the log and the model in the directory are written again without them.
    ///
    /// Files elsewhere, such as the ratings that the model was trained from, are yours to clean. A training does not bring
    /// the person back: what stays is a hash of the id.
    ///
    /// - Throws: `io` where the disk refuses; call it again then.
    public func forget(user: String) async throws {
        try await SystemThread.run(named: "swiftwater-forget") { try self.forgetBlocking(user: user) }
    }

    /// Forgets a person as `forget(user:)` does, and blocks the thread.
    public func forgetBlocking(user: String) throws {
        _ = try wait(for: .forget(user))
        try installing {
            let model = self.model
            guard model.userIDs.index(of: user) != nil else { return }
            try install(model)
        }
    }

    /// One change of the model at a time, from a look at the one that serves to the other in its place.
    func installing(_ body: () throws -> Void) rethrows {
        installation.wait { isBusy in
            if isBusy { return nil as Void? }
            isBusy = true
            return ()
        }
        defer { installation.update { $0 = false } }
        try body()
    }

    /// Keeps a model in the directory, without whoever was forgotten, and lets it serve. Within `installing`.
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
