import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterPlatform

/// A generator of ratings with a planted model and a known noise floor, in the shape of MovieLens.
///
/// Every user has rated at least 20 films, activity is log-normal, popularity follows a power law, and ratings are half
/// stars.
///
///     rating = round to half(clip(mean + b_u + b_i + p_u . q_i + normal noise, 0.5 ... 5))
public struct RatingsGenerator: Sendable {
    /// Settings of the generator.
    public struct Settings: Sendable {
        /// The number of users.
        public var users: Int
        /// The number of items.
        public var items: Int
        /// The number of ratings.
        public var ratings: Int
        /// The seed.
        public var seed: UInt64
        /// The standard deviation of the noise.
        public var noise: Double
        /// The rank of the planted model.
        public var rank: Int

        /// Creates settings; what is left out has its default.
        public init(
            users: Int = 943, items: Int = 1_682, ratings: Int = 100_000, seed: UInt64 = 7, noise: Double = 0.75,
            rank: Int = 12
        ) {
            self.users = users
            self.items = items
            self.ratings = ratings
            self.seed = seed
            self.noise = noise
            self.rank = rank
        }

        /// Creates settings with the size of a preset.
        public init(preset: SamplePreset, seed: UInt64) {
            let (users, items, ratings) = preset.ratings
            self.init(users: users, items: items, ratings: ratings, seed: seed)
        }
    }

    /// Statistics of the generated ratings.
    public struct Report: Sendable {
        /// The number of ratings.
        public let ratings: Int
        /// The RMSE of the planted mean (clipped, not rounded): what a perfect model would reach.
        public let noiseFloor: Double
        /// The RMSE of always predicting the mean.
        public let deviation: Double
    }

    /// The settings of the generator.
    public let settings: Settings
    private let itemNumbers: [Int]

    /// Creates a generator.
    ///
    /// - Throws: `invalidArgument` for fewer than 20 ratings per user or 25 items, or for more than half of the matrix.
    public init(_ settings: Settings) throws {
        guard settings.users >= 1, settings.items >= 25, settings.ratings >= settings.users * 20,
            settings.ratings <= settings.users * settings.items / 2
        else {
            throw SwiftwaterError(
                .invalidArgument, "\(settings.ratings) ratings of \(settings.users) users and \(settings.items) items",
                remedy: "use at least 20 ratings per user and at most half of the matrix")
        }
        self.settings = settings
        // Item ids have gaps, as in MovieLens.
        var random = SeededRandom(seed: settings.seed, stream: 20)
        var numbers: [Int] = []
        var number = 0
        for _ in 0..<settings.items {
            number += 1 + random.below(5)
            numbers.append(number)
        }
        itemNumbers = numbers
    }

    /// The titles and genres of all items, in order of their ids.
    public var catalogue: [(id: Int, title: String, genres: [String])] {
        var random = SeededRandom(seed: settings.seed, stream: 21)
        return itemNumbers.enumerated().map { index, id in
            let (a, b) = (random.below(Vocabulary.genres.count), random.below(Vocabulary.genres.count))
            return (
                id, Vocabulary.title(index),
                a == b ? [Vocabulary.genres[a]] : [Vocabulary.genres[a], Vocabulary.genres[b]]
            )
        }
    }

    /// Calls `body` with every rating, ordered by user and then item id. O(ratings log items).
    @discardableResult
    public func forEach(
        _ body: (_ user: Int, _ item: Int, _ rating: Float, _ timestamp: Int64) throws -> Void
    ) rethrows -> Report {
        var random = SeededRandom(seed: settings.seed, stream: 22)
        let (users, items, rank) = (settings.users, settings.items, settings.rank)
        let counts = activity(&random)
        let popularity = self.popularity(&random)
        let choice = WeightedChoice(weights: popularity)
        let scale = (0.45 / Double(rank).squareRoot()).squareRoot()
        let itemBias = (0..<items).map { _ in 0.45 * random.normal() }
        let itemFactors = (0..<items * rank).map { _ in scale * random.normal() }
        var taken = [Int](repeating: -1, count: items)
        var (floor, sum, squares, total) = (0.0, 0.0, 0.0, 0)
        for user in 0..<users {
            let bias = 3.53 + 0.45 * random.normal()
            let factors = (0..<rank).map { _ in scale * random.normal() }
            let start = 820_454_400 + Int64(random.below(725_000_000))
            for item in films(of: user, counts[user], choice, popularity, &taken, &random) {
                var mean = bias + itemBias[item]
                for factor in 0..<rank { mean += factors[factor] * itemFactors[item * rank + factor] }
                let noisy = mean + settings.noise * random.normal()
                let rating = min(5, max(0.5, (noisy * 2).rounded(.toNearestOrEven) / 2))
                let error = rating - min(5, max(0.5, mean))
                floor += error * error
                sum += rating
                squares += rating * rating
                total += 1
                try body(user + 1, itemNumbers[item], Float(rating), start + Int64(random.below(28 * 86400)))
            }
        }
        let count = Double(total)
        return Report(
            ratings: total, noiseFloor: (floor / count).squareRoot(),
            deviation: (squares / count - (sum / count) * (sum / count)).squareRoot())
    }

    /// Returns all ratings in memory, with the report and the catalog.
    public func make() -> SampleRatings {
        var ratings = Ratings()
        let report = forEach { ratings.append(user: Int64($0), item: Int64($1), rating: $2, timestamp: $3) }
        var catalogue = Catalogue()
        for film in self.catalogue { catalogue.add(id: String(film.id), title: film.title, genres: film.genres) }
        return SampleRatings(ratings: ratings, report: report, catalogue: catalogue)
    }

    // MARK: Shapes

    /// Returns the number of films that each user rates: 20 plus a log-normal number, scaled so that the sum is exact.
    private func activity(_ random: inout SeededRandom) -> [Int] {
        let cap = max(20, Int(0.6 * Double(settings.items)))
        let draws = (0..<settings.users).map { _ in exp(1.389 * random.normal()) }
        func counts(_ scale: Double) -> [Int] { draws.map { min(cap, 20 + Int(scale * $0)) } }
        var (low, high) = (1e-3, 1e6)
        for _ in 0..<80 {
            let middle = (low * high).squareRoot()
            if counts(middle).reduce(0, +) <= settings.ratings { low = middle } else { high = middle }
        }
        var result = counts(low)
        var missing = settings.ratings - result.reduce(0, +)
        while missing > 0 {
            let user = random.below(result.count)
            if result[user] < cap { result[user] += 1; missing -= 1 }
        }
        return result
    }

    /// Returns weights of a power law with a flat head, in random order.
    private func popularity(_ random: inout SeededRandom) -> [Double] {
        let items = settings.items
        var weights = (0..<items).map { pow(Double($0 + 1) + 0.03 * Double(items), -1.7) }
        for index in stride(from: items - 1, to: 0, by: -1) { weights.swapAt(index, random.below(index + 1)) }
        return weights
    }

    /// Draws the distinct films of a user, in ascending order.
    ///
    /// A repeated film is drawn again. If that would take too long, all are chosen at once by exponential keys
    /// (Efraimidis and Spirakis, 2006).
    private func films(
        of user: Int, _ count: Int, _ choice: WeightedChoice, _ popularity: [Double], _ taken: inout [Int],
        _ random: inout SeededRandom
    ) -> [Int] {
        if count > settings.items / 12 {
            let keys = popularity.map { -log(1 - random.uniform()) / $0 }
            return keys.indices.sorted { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }.prefix(count).sorted()
        }
        var films: [Int] = []
        while films.count < count {
            let item = choice.draw(&random)
            if taken[item] == user { continue }
            taken[item] = user
            films.append(item)
        }
        return films.sorted()
    }
}
