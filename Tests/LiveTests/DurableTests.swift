import Foundation
import SwiftwaterCore
import SwiftwaterLive
import SwiftwaterRecommender
import SwiftwaterSamples
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

/// Compares the rating log, forgetting and retraining with a plain account of what was acknowledged.
@Suite struct DurableTests {
    private static let data = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make()
    private static let model = try! ALS().fit(data.ratings)

    private func open(_ folder: TemporaryDirectory, now: Int64 = 1000) throws -> LiveRecommender {
        var settings = LiveSettings()
        settings.clock = ManualClock(at: BatchTime(milliseconds: now))
        return try LiveRecommender(directory: folder.file("films"), settings: settings) { Self.model }
    }

    /// Returns the expected recommendations of a user, from the training history and the newer ratings.
    private func expected(_ user: String, _ newer: [String: Float], _ model: MatrixFactorizationModel) throws
        -> [String]
    {
        var history: [Int: Float] = [:]
        if let index = model.userIDs.index(of: user) {
            for place in model.history.range(of: index) {
                history[Int(model.history.columns[place])] = model.history.values[place]
            }
        }
        for (item, rating) in newer { if let index = model.itemIDs.index(of: item) { history[index] = rating } }
        guard let vector = try model.foldIn(history.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) else {
            return model.popularItems(limit: 10).map { model.itemIDs[$0.index] }
        }
        return model.recommendItems(for: vector, limit: 10, filter: .init(deniedIndexes: Set(history.keys))).map {
            model.itemIDs[$0.index]
        }
    }

    private func answer(_ live: LiveRecommender, _ user: String) -> [String] {
        live.recommendations(user: user).items.map(\.id)
    }

    /// A full disk refuses ratings and says so once; when there is room again, ratings are stored without a restart.
    @Test func ratingsAreStoredAgainWhenThereIsRoom() throws {
        let folder = try TemporaryDirectory()
        let isFull = Monitor(false)
        var settings = LiveSettings()
        settings.settlesAfter = .milliseconds(5)
        settings.files = FaultyFileSystem { operation, path in
            guard operation != .read, path.contains("ratings"), isFull.read({ $0 }) else { return }
            throw FileError.make("cannot write", path, ENOSPC)
        }
        let live = try LiveRecommender(directory: folder.file("films"), settings: settings) { Self.model }
        let before = RatingEvent(user: "new", item: "1", rating: 4)
        _ = try live.rateBlocking([before])
        isFull.update { $0 = true }
        for _ in 0..<3 {
            #expect(throws: SwiftwaterError.self) {
                try live.rateBlocking([RatingEvent(user: "new", item: "2", rating: 1)])
            }
        }
        #expect(live.storageFailure?.code == .io)
        isFull.update { $0 = false }
        // It is tried again by itself.
        for _ in 0..<1000 where live.storageFailure != nil { Thread.sleep(forTimeInterval: 0.005) }
        #expect(live.storageFailure == nil)
        _ = try live.rateBlocking([RatingEvent(user: "new", item: "3", rating: 5)])
        live.close()
        let again = try LiveRecommender(directory: folder.file("films"), settings: LiveSettings()) { Self.model }
        defer { again.close() }
        #expect(again.history(of: "new").map(\.item).sorted() == ["1", "3"])
    }

    /// If no file descriptor is left when the log begins, the process waits until it gets one, and continues.
    @Test func theLogWaitsForADescriptor() throws {
        let folder = try TemporaryDirectory()
        var settings = LiveSettings()
        let refusals = Monitor(0)
        let files = FaultyFileSystem { operation, path in
            guard operation == .create || operation == .synchronizeDirectory else { return }
            let isRefused = refusals.update { count in
                guard count > 0 else { return false }
                count -= 1
                return true
            }
            if isRefused { throw FileError.make("cannot open", path, EMFILE) }
        }
        settings.files = files
        let live = try LiveRecommender(directory: folder.file("films"), settings: settings) { Self.model }
        refusals.update { $0 = 2 }
        let item = Self.model.itemIDs[0]
        try live.rateBlocking([RatingEvent(user: "5", item: item, rating: 4)])
        #expect(refusals.read { $0 } == 0)
        live.close()
        let again = try open(folder)
        #expect(again.ratingCount == 1)
        again.close()
    }

    /// Rates, forgets, reopens and compacts at random; after each step, every user's answer matches a plain account.
    @Test(arguments: 0..<6)
    func answersAreThoseOfAPlainAccount(seed: Int) throws {
        let folder = try TemporaryDirectory()
        var random = SeededRandom(seed: UInt64(seed))
        var live = try open(folder)
        var account: [String: [String: Float]] = [:]
        var forgotten: Set<String> = []
        let users = ["5", "17", "44", "new-1", "new-2", "ünï"]
        let items = (0..<40).map { Self.model.itemIDs[$0 * 7] } + ["no such film"]
        for _ in 0..<60 {
            switch random.below(12) {
            case 0:
                let user = users[random.below(users.count)]
                try live.forgetBlocking(user: user)
                account[user] = nil
                forgotten.insert(user)
            case 1, 2:
                live.close()
                live = try open(folder)
            default:
                let events = (0..<1 + random.below(3)).map { _ in
                    RatingEvent(
                        user: users[random.below(users.count)], item: items[random.below(items.count)],
                        rating: Float(1 + random.below(10)) / 2)
                }
                try live.rateBlocking(events)
                for event in events { account[event.user, default: [:]][event.item] = event.rating }
            }
            let plain = Self.model.removing { forgotten.contains($0) }
            for user in users {
                if account[user] == nil, !forgotten.contains(user), plain.userIDs.index(of: user) != nil {
                    #expect(live.recommendations(user: user).source == .model)
                } else {
                    #expect(answer(live, user) == (try expected(user, account[user] ?? [:], plain)))
                }
            }
        }
        #expect(live.ratingCount == account.values.reduce(0) { $0 + $1.count })
        live.close()
    }

    /// No byte of a forgotten person's id stays on the disk, and a training does not bring the ratings back.
    @Test func aForgottenPersonIsGone() throws {
        let folder = try TemporaryDirectory()
        let user = "someone-with-a-long-name"
        var list: [(user: String, item: String, rating: Float)] = [(user, "f1", 5), (user, "f2", 1)]
        for other in 0..<20 {
            for number in 0..<25 { list.append(("u\(other)", "f\((number * 7 + other) % 40)", Float(1 + number % 5))) }
        }
        let rows = Ratings(list)
        let trained = try ALS().fit(rows)
        var live = try LiveRecommender(directory: folder.file("films")) { trained }
        try live.rateBlocking([
            RatingEvent(user: user, item: "f3", rating: 4), RatingEvent(user: "u1", item: "f3", rating: 2),
        ])
        try live.retrainBlocking(threads: 1)
        #expect(live.model.userIDs.index(of: user) != nil)
        #expect(try contains(user, in: folder))

        try live.forgetBlocking(user: user)
        #expect(live.recommendations(user: user).source == .popular)
        #expect(live.history(of: user).isEmpty)
        #expect(!(try contains(user, in: folder)))
        try live.retrainBlocking(threads: 1)
        live.close()
        live = try LiveRecommender(directory: folder.file("films")) { trained }
        #expect(live.model.userIDs.index(of: user) == nil)
        #expect(live.recommendations(user: user).source == .popular)
        #expect(live.history(of: "u1").contains { $0.item == "f3" && $0.rating == 2 })
        // A returning person starts with an empty history.
        try live.rateBlocking([RatingEvent(user: user, item: "f9", rating: 3)])
        #expect(live.history(of: user).map(\.item) == ["f9"])
        live.close()
    }

    private func contains(_ text: String, in folder: TemporaryDirectory) throws -> Bool {
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return try names.contains { name in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder.file(name), isDirectory: &isFolder), !isFolder.boolValue
            else { return false }
            return Data(try folder.bytes(name)).range(of: Data(text.utf8)) != nil
        }
    }

    /// Ratings that arrive while a model is trained and installed are in the answers of the old and the new model.
    @Test func ratingsGoOnWhileAModelIsTrained() async throws {
        let folder = try TemporaryDirectory()
        let live = try open(folder)
        try await live.rate([RatingEvent(user: "9", item: "a new film", rating: 5)])
        #expect(live.unknownItemCount == 1)
        let report = try await withThrowingTaskGroup(of: TrainingReport?.self) { group in
            group.addTask { try live.retrainBlocking(threads: 1) }
            for user in 0..<4 {
                group.addTask {
                    for number in 0..<100 {
                        let item = Self.model.itemIDs[number * 3 + user]
                        try await live.rate([RatingEvent(user: "writer-\(user)", item: item, rating: 4)])
                        #expect(live.history(of: "writer-\(user)").contains { $0.item == item })
                    }
                    return nil
                }
            }
            return try await group.reduce(nil) { $0 ?? $1 }
        }
        #expect(live.generation == 2)
        #expect(try #require(report).curve.count == live.model.settings.maxIterations)
        // The model now knows the film.
        #expect(live.similar(to: "a new film", limit: 3)?.count == 3)
        for user in 0..<4 { #expect(live.history(of: "writer-\(user)").count == 100) }
        live.close()

        let again = try open(folder)
        #expect(again.ratingCount == 401)
        #expect(again.trainingState.last == report)
        for user in 0..<4 { #expect(again.history(of: "writer-\(user)").count == 100) }
        #expect(answer(again, "writer-1") == answer(live, "writer-1"))
        again.close()
    }

    /// A model installed during a training stays, since the training started from the one before it.
    @Test func aNewModelOutlivesATraining() async throws {
        let live = LiveRecommender(model: Self.model)
        var settings = ALSSettings()
        settings.maxIterations = 1
        let other = try ALS(settings).fit(Self.data.ratings)
        let result: Result<TrainingReport, any Error> = await withCheckedContinuation { continuation in
            #expect(live.beginRetraining(threads: 1) { continuation.resume(returning: $0) })
            // The training is running when the call returns, and a second one is rejected.
            #expect(live.trainingState.isRunning)
            #expect(!live.beginRetraining(threads: 1) { _ in })
            #expect(throws: SwiftwaterError.self) { try live.retrainBlocking(threads: 1) }
            do { try live.replaceBlocking(model: other) } catch { Issue.record(error) }
        }
        #expect(throws: SwiftwaterError.self) { try result.get() }
        #expect(live.model == other)
        #expect(live.generation == 2)
        #expect(
            live.trainingState.isRunning == false && live.trainingState.lastFailure?.contains("another model") == true)
        // The next training starts from the installed model.
        try live.retrainBlocking(threads: 1)
        #expect(live.generation == 3 && live.trainingState.lastFailure == nil)
        live.close()
    }

    /// Ratings that share a commit with a forget request are kept in the rewritten log.
    @Test(arguments: 0..<5)
    func forgettingLosesNobodyElse(seed: Int) async throws {
        let folder = try TemporaryDirectory()
        let live = try open(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let item = Self.model.itemIDs[number + seed]
                    try await live.rate([RatingEvent(user: "rater", item: item, rating: 4)])
                }
                if number % 4 == 0 {
                    group.addTask {
                        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                            SystemThread.start(named: "forget") {
                                done.resume(with: Result { try live.forgetBlocking(user: "\(number + 3)") })
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(live.history(of: "rater").count == 40)
        live.close()
        let again = try open(folder)
        #expect(again.history(of: "rater").count == 40)
        for number in stride(from: 0, to: 40, by: 4) { #expect(again.model.userIDs.index(of: "\(number + 3)") == nil) }
        again.close()
    }

    /// Forget requests made while a model is being written are coalesced into the next one.
    @Test func manyWhoAreForgottenShareAModel() async throws {
        let folder = try TemporaryDirectory()
        let live = try open(folder)
        let users = (0..<24).map { Self.model.userIDs[$0 * 3] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in users {
                group.addTask {
                    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                        SystemThread.start(named: "forget") {
                            done.resume(with: Result { try live.forgetBlocking(user: user) })
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(live.generation - 1 < users.count)
        for user in users { #expect(live.model.userIDs.index(of: user) == nil) }
        live.close()
        let again = try open(folder)
        for user in users { #expect(again.recommendations(user: user).source == .popular) }
        again.close()
    }

    /// A request to forget an unknown person does not rewrite the whole log, but still takes effect.
    @Test func strangersCostNoLog() throws {
        let folder = try TemporaryDirectory()
        var live = try open(folder)
        let item = Self.model.itemIDs[4]
        try live.rateBlocking([RatingEvent(user: "somebody", item: item, rating: 5)])
        let log = { try LocalFileSystem().list(folder.file("films/ratings")) }
        let before = try log()
        try live.forgetBlocking(user: "nobody")
        #expect(try log() == before)
        // The person can return, and can be forgotten again.
        try live.rateBlocking([RatingEvent(user: "nobody", item: item, rating: 5)])
        try live.forgetBlocking(user: "nobody")
        #expect(try log() != before)
        #expect(!(try contains("nobody", in: folder)) && live.ratingCount == 1)
        live.close()
        live = try open(folder)
        #expect(live.ratingCount == 1 && live.history(of: "nobody").isEmpty)
        live.close()
    }

    /// What a crash left undone between the log's entry and the files is completed at the next start.
    @Test func forgettingIsFinishedAfterACrash() throws {
        let folder = try TemporaryDirectory()
        var live = try open(folder)
        try live.rateBlocking([RatingEvent(user: "crash-victim", item: Self.model.itemIDs[4], rating: 5)])
        try live.retrainBlocking(threads: 1)
        live.close()
        let copy = try TemporaryDirectory()
        for name in ["model.swmodel", "training.json"] {
            _ = try copy.write(name, bytes: try folder.bytes("films/" + name))
        }
        live = try open(folder)
        try live.forgetBlocking(user: "crash-victim")
        live.close()
        // The previous model and a half-written one, as if the process had ended after writing the log.
        _ = try folder.write("films/model.swmodel", bytes: try copy.bytes("model.swmodel"))
        _ = try folder.write("films/model.swmodel.tmp-1-1", "crash-victim")
        #expect(try contains("crash-victim", in: folder))
        live = try open(folder)
        #expect(live.recommendations(user: "crash-victim").source == .popular)
        #expect(!(try contains("crash-victim", in: folder)))
        live.close()
    }

    @Test func idsAreTakenAsTheyAreWritten() throws {
        let live = LiveRecommender(model: Self.model)
        #expect(live.recommendations(user: "7").source == .model)
        for other in ["007", "+7", "７"] { #expect(live.recommendations(user: other).source == .popular) }
        try live.rateBlocking([RatingEvent(user: "007", item: Self.model.itemIDs[1], rating: 5)])
        try live.retrainBlocking(threads: 1)
        #expect(live.history(of: "007").count == 1)
        #expect(live.history(of: "7").count > 1)
    }

    /// A singular system does not undo an acknowledged rating.
    @Test func singularSystemsRefuseNothing() throws {
        let folder = try TemporaryDirectory()
        // Without regularization, an item that everyone rated 0 has zero factors, and does not determine a user who
        // rates only it.
        var settings = ALSSettings()
        (settings.rank, settings.regularization) = (2, 0)
        var random = SeededRandom(seed: 4)
        var rows = Ratings()
        for user in 0..<12 {
            for item in 0..<8 {
                rows.append(user: Int64(user), item: Int64(item), rating: item == 7 ? 0 : Float(1 + random.below(5)))
            }
        }
        let zero = try ALS(settings).fit(rows)
        #expect(throws: SwiftwaterError.self) { try zero.foldIn([(itemIndex: 7, rating: 3)]) }
        for _ in 0..<2 {
            let live = try LiveRecommender(directory: folder.file("films")) { zero }
            try live.rateBlocking([RatingEvent(user: "new", item: "7", rating: 3)])
            #expect(live.history(of: "new").map(\.rating) == [3])
            #expect(live.recommendations(user: "new").source == .popular)
            live.close()
        }
    }

    @Test func aDirectoryBelongsToOneProcess() throws {
        let folder = try TemporaryDirectory()
        let live = try open(folder)
        #expect(throws: SwiftwaterError.self) { try open(folder) }
        live.close()
    }

    @Test func aRatingThatIsNoneIsRefused() throws {
        let live = LiveRecommender(model: Self.model)
        for event in [
            RatingEvent(user: "", item: "1", rating: 3), RatingEvent(user: "1", item: "", rating: 3),
            RatingEvent(user: "1", item: "1", rating: .nan), RatingEvent(user: "1", item: "1", rating: .infinity),
        ] {
            #expect(throws: SwiftwaterError.self) { try live.rateBlocking([event]) }
        }
    }

    /// Recently rated items rise, by the requested weight.
    @Test func trendingItemsRise() throws {
        let live = LiveRecommender(model: Self.model)
        let plain = live.recommendations(user: "5", LiveQuery(limit: 20)).items
        let last = plain[19].id
        try live.rateBlocking((0..<50).map { RatingEvent(user: "fan-\($0)", item: last, rating: 5) })
        var query = LiveQuery(limit: 10)
        query.popularityWeight = 10
        let boosted = live.recommendations(user: "5", query).items
        #expect(boosted.first?.id == last)
        #expect(boosted.first?.boost == 10)
        #expect(boosted.dropFirst().map(\.id) == plain.prefix(9).map(\.id))
        #expect(live.popular(limit: 1, recent: true).first?.id == last)
    }
}
