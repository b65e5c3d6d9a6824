import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage
import Synchronization

/// Settings of a live recommender.
public struct LiveSettings: Sendable {
    /// How long what was rated of late counts as trending: weights fall by half in so long.
    public var trendingHalfLife: Duration = .seconds(3600)
    /// Milliseconds since 1970.
    public var now: @Sendable () -> Int64 = { SystemClock().instant().wholeMilliseconds }
    /// Where the log and the model are kept.
    public var files: any FileSystem = LocalFileSystem()

    public init() {}
}

/// A factor model whose answers follow ratings at once: a rated user's factors are computed anew, exactly, from the user's
/// whole history (training and since), with the items' factors as they are.
///
/// With a directory, a rating is answered for when it is in a log on the disk (many share one commit), and is there again after a stop of any
/// kind. Readers wait for nobody: not for the disk, nor for fold-in, training or a new model. Ratings of items that the model does not know
/// count from the next training on. Of two ratings of an item by a user the last counts.
///
/// Memory: the model, and about 200 bytes for each rating since.
public final class LiveRecommender: Sendable {
    let serving: Monitor<ServingState>
    let writer: LiveWriter
    let settings: LiveSettings
    let directory: String?
    let training = Monitor(TrainingState())
    let trending: TrendingItems
    private let lock: Mutex<DirectoryLock?>

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
        trending = TrendingItems(halfLife: settings.trendingHalfLife)
        var (log, ratings): (RatingLog?, LoggedRatings) = (nil, LoggedRatings())
        var own: MatrixFactorizationModel?
        if let directory {
            try settings.files.createDirectory(directory)
            lock = Mutex(try DirectoryLock(directory))
            (log, ratings) = try RatingLog.open(directory + "/ratings", files: settings.files)
            let path = directory + "/model.swmodel"
            if settings.files.exists(path) { own = try ModelFile.read(path) }
            training.update { $0.last = TrainingReport.read(directory) }
        } else {
            lock = Mutex(nil)
        }
        let known = try own ?? model()
        let forgotten = ratings.forgotten
        let first = forgotten.isEmpty ? known : known.removing { forgotten.contains(ForgottenUser(Text($0))) }
        for (_, items) in ratings.users { for (item, rating) in items { trending.add(item, at: rating.time) } }
        serving = Monitor(try PreparedModel(first, generation: 1, ratings).state)
        writer = LiveWriter(log: log, logged: ratings, serving: serving, trending: trending, now: settings.now)
    }

    deinit { writer.requestStop() }

    /// Takes no more ratings, finishes those that wait, closes the log, and gives the directory back.
    public func close() {
        writer.stop()
        lock.withLock { $0 = nil }
    }

    /// The model that serves now.
    public var model: MatrixFactorizationModel { serving.read { $0.model } }
    /// Counts the models of this process, from 1.
    public var generation: Int { serving.read { $0.generation } }
    /// Ratings of items that the model did not know, since the start.
    public var unknownItemCount: Int { writer.unknownItemCount }
    /// Ratings since the training: pairs of user and item.
    public var ratingCount: Int { writer.ratings.count }
    /// Users with ratings since the training.
    public var ratedUserCount: Int { writer.ratings.users.count }

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

    /// As `rate`, for threads that may be blocked.
    @discardableResult
    public func rateAndWait(_ events: [RatingEvent]) throws -> RatingReceipt {
        try Self.check(events)
        return try wait(for: .ratings(events))
    }

    /// Takes a rating and waits until it is safe.
    public func rate(_ event: RatingEvent) throws { try rateAndWait([event]) }

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

    /// Forgets a person: ratings since the training, factors, and what the training knew are gone from every answer when the log says so on the
    /// disk; then the log is written anew without them, and the model in the directory as well. Blocks the thread.
    ///
    /// Files elsewhere, such as the ratings that the model was trained from, are yours to clean. A training does not bring the person back: what
    /// stays is a hash of the id.
    public func forget(user: String) throws {
        _ = try wait(for: .forget(user))
        try replaceModel { model, ratings in
            model.removing { ratings.forgotten.contains(ForgottenUser(Text($0))) }
        }
    }

    /// Makes a model from the one that serves, keeps it in the directory, and lets it serve.
    func replaceModel(
        _ make: (MatrixFactorizationModel, LoggedRatings) throws -> MatrixFactorizationModel
    ) throws {
        while true {
            let (state, ratings) = (serving.read { $0 }, writer.ratings)
            let next = try make(state.model, ratings)
            guard next.userIDs.count != state.model.userIDs.count || next != state.model else { return }
            do { return try install(next, ratings) } catch is OutdatedModel { continue }
        }
    }

    func install(_ model: MatrixFactorizationModel, _ ratings: LoggedRatings) throws {
        let clean = model.removing { ratings.forgotten.contains(ForgottenUser(Text($0))) }
        let prepared = try PreparedModel(clean, generation: generation + 1, ratings)
        if let directory { try ModelFile.write(clean, to: directory + "/model.swmodel") }
        _ = try wait(for: .swap(prepared))
    }
}
