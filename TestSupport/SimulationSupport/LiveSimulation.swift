import Logging
import SwiftwaterCore
import SwiftwaterLive
import SwiftwaterRecommender
import SwiftwaterTesting

/// A simulated live recommender on a disk that fails and crashes as a seed determines. Users rate and are forgotten,
/// models are trained and replaced, and the machine stops in the middle of any of these.
///
/// After each restart, the model file is whole, either the old or the new one; every acknowledged rating counts, the
/// last one of each item; forgotten users are gone; and no temporary file remains. A file that was damaged between two
/// starts is refused, or nothing of this is hurt.
public final class LiveSimulation {
    /// The result of a run.
    public struct Outcome: Sendable {
        /// A hash of all events, equal for equal seeds.
        public var digest: UInt64
        /// The number of times that the machine stopped while a model was being written.
        public var crashesWithinReplacement: Int
        /// The number of times that stored files were damaged.
        public var damages: Int
        /// The number of times that a start was refused because of it.
        public var refusals: Int
        /// The problems found; empty if there are none.
        public var problems: [String]
    }

    private let disk: SimulatedDisk
    private var random: SeededRandom
    private var hasher: StableHasher
    private let clock = ManualClock(at: BatchTime(milliseconds: 1_000_000))
    private var problems: [String] = []
    private var crashesWithinReplacement = 0
    private var wasKilled = false
    private var damages = 0
    private var refusals = 0
    /// Each user's acknowledged ratings, by item.
    private var ratings: [String: [String: Float]] = [:]
    /// Ratings that were sent but not acknowledged: they may or may not count.
    private var unsure: [String: [String: [Float]]] = [:]
    /// Users who were forgotten by an acknowledged request and have not rated since.
    private var forgotten: Set<String> = []
    /// Users for whom the request to forget was not acknowledged.
    private var unsureForgotten: Set<String> = []
    /// The numbers of items of the models that may be in use.
    private var models: Set<Int> = []

    private static let users = (0..<12).map { "user \($0)" }
    private static let items = (0..<9).map { "item \($0)" }

    /// Creates a run.
    public init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        disk = SimulatedDisk(seed: seed ^ 0xD15C)
        hasher = StableHasher(seed: seed)
    }

    /// Returns a model that is identified by its number of items.
    private static func model(extraItems: Int) throws -> MatrixFactorizationModel {
        var rows: [(user: String, item: String, rating: Float)] = []
        for (number, user) in users.prefix(8).enumerated() {
            for (place, item) in items.enumerated() where (number + place) % 3 != 0 {
                rows.append((user, item, Float(1 + (number * place) % 5)))
            }
        }
        for extra in 0..<extraItems { rows.append((users[extra % 8], "extra \(extra)", 3)) }
        return try ALS(ALSSettings(rank: 2, maxIterations: 2), resources: TrainingResources(threads: 1))
            .fit(Ratings(rows))
    }

    private func note(_ text: String) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Opens the recommender, perhaps after damage to a file, which is undone if it is refused.
    private func open() throws -> LiveRecommender {
        guard wasKilled, random.uniform() < 0.6,
            let damage = DiskDamage(disk, &random, where: { $0.hasPrefix("films/") && !$0.hasSuffix(".json") })
        else { return try openUndamaged() }
        damages += 1
        do { return try openUndamaged() } catch let error as SwiftwaterError {
            refusals += 1
            note("damaged \(damage.path): \(error.code)")
            if error.code != .corrupted { problems.append("damage of \(damage.path) is not known as such: \(error)") }
            damage.undo(disk)
            return try openUndamaged()
        }
    }

    private func openUndamaged() throws -> LiveRecommender {
        var settings = LiveSettings()
        (settings.files, settings.clock, settings.settlesAfter) = (disk, clock, nil)
        settings.logger = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })
        return try LiveRecommender(directory: "films", settings: settings) { try Self.model(extraItems: 0) }
    }

    /// Runs the simulation to its end.
    public func run() -> Outcome {
        models = [Self.items.count]
        for _ in 0..<(2 + random.below(5)) {
            do { try live() } catch { problems.append("cannot start: \(error)") }
            // Before damage, the process ends, and not the machine; see `Simulation`.
            wasKilled = !disk.isDown && random.uniform() < 0.5
            if wasKilled { disk.kill() } else if !disk.isDown { disk.crash() }
            disk.faults = .none
            disk.restart()
        }
        do {
            let live = try open()
            compare(live)
            live.close()
        } catch { problems.append("cannot start: \(error)") }
        let left = disk.paths.filter { $0.contains(".tmp-") }
        if !left.isEmpty { problems.append("temporary files remain: \(left)") }
        return Outcome(
            digest: hasher.finalize(), crashesWithinReplacement: crashesWithinReplacement, damages: damages,
            refusals: refusals, problems: problems)
    }

    /// Runs from one start to the next crash.
    private func live() throws {
        let live = try open()
        compare(live)
        if random.uniform() < 0.3 { disk.faults.error = 0.03 }
        disk.crash(afterChanges: random.below(60))
        for _ in 0..<random.below(14) {
            clock.advance(by: .seconds(1))
            do {
                switch random.below(10) {
                case 0: try forget(live)
                case 1: try train(live)
                case 2: try replace(live)
                default: try rate(live)
                }
            } catch { note("failed: \((error as? SwiftwaterError)?.code ?? .io)") }
            if disk.isDown { break }
        }
        live.close()
    }

    private func rate(_ live: LiveRecommender) throws {
        let user = Self.users[random.below(Self.users.count)]
        var events: [RatingEvent] = []
        for _ in 0..<(1 + random.below(3)) {
            let item = Self.items[random.below(Self.items.count)]
            events.append(RatingEvent(user: user, item: item, rating: Float(1 + random.below(5))))
        }
        for event in events { unsure[user, default: [:]][event.item, default: []].append(event.rating) }
        _ = try live.rateBlocking(events)
        for event in events {
            ratings[user, default: [:]][event.item] = event.rating
            unsure[user]?[event.item] = nil
        }
        forgotten.remove(user)
        note("rated \(events.count)")
    }

    private func forget(_ live: LiveRecommender) throws {
        let user = Self.users[random.below(Self.users.count)]
        unsureForgotten.insert(user)
        try replacing { try live.forgetBlocking(user: user) }
        (ratings[user], unsure[user]) = (nil, nil)
        forgotten.insert(user)
        unsureForgotten.remove(user)
        note("forgot \(user)")
    }

    private func train(_ live: LiveRecommender) throws {
        models.insert(live.model.itemIDs.count)
        try replacing { try live.retrainBlocking(threads: 1) }
        models = [live.model.itemIDs.count]
        note("trained")
    }

    private func replace(_ live: LiveRecommender) throws {
        let extra = 1 + random.below(4)
        models.insert(Self.items.count + extra)
        let model = try Self.model(extraItems: extra)
        try replacing { try live.replaceBlocking(model: model) }
        models = [Self.items.count + extra]
        note("replaced \(extra)")
    }

    private func replacing(_ body: () throws -> Void) throws {
        do { try body() } catch {
            if disk.isDown { crashesWithinReplacement += 1 }
            throw error
        }
    }

    /// Compares the recommender's ratings with the acknowledged ones.
    private func compare(_ live: LiveRecommender) {
        let found = live.model.itemIDs.count
        note("model \(found)")
        // An unacknowledged training may lack the items of a forgotten user.
        if !models.contains(found) && unsureForgotten.isEmpty && forgotten.isEmpty {
            problems.append("the model has \(found) items, expected one of \(models.sorted())")
        }
        for user in Self.users where !unsureForgotten.contains(user) {
            let history = Dictionary(uniqueKeysWithValues: live.history(of: user).map { ($0.item, $0.rating) })
            for (item, rating) in ratings[user] ?? [:] where live.model.itemIDs.index(of: item) != nil {
                let allowed = [rating] + (unsure[user]?[item] ?? [])
                guard let own = history[item], allowed.contains(own) else {
                    problems.append("\(user) rated \(item) \(rating), but the history has \(history[item] as Any)")
                    continue
                }
            }
            if forgotten.contains(user) {
                let mayBe = unsure[user] ?? [:]
                for (item, rating) in history where !(mayBe[item] ?? []).contains(rating) {
                    problems.append("\(user) was forgotten, but the history has \(item)")
                }
                if live.model.userIDs.index(of: user) != nil { problems.append("\(user) is still in the model") }
            }
        }
        // Ratings that count now must count from here on.
        for user in Self.users {
            if unsureForgotten.contains(user) { (ratings[user], forgotten) = (nil, forgotten.subtracting([user])) }
            for rated in live.history(of: user) {
                let sent = unsure[user]?[rated.item]
                guard sent != nil || unsureForgotten.contains(user) else { continue }
                ratings[user, default: [:]][rated.item] = rated.rating
                if sent?.contains(rated.rating) == true { forgotten.remove(user) }
            }
        }
        (unsure, unsureForgotten) = ([:], [])
        models.insert(found)
    }
}
