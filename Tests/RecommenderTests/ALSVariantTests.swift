import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import TestSupport
import Testing

@Suite struct ALSVariantTests {
    private static let data = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make()
    private static let parts = try! data.ratings.split(weights: [80, 20], seed: 1)

    private func settings(_ change: (inout ALSSettings) -> Void) -> ALSSettings {
        var settings = ALSSettings()
        change(&settings)
        return settings
    }

    private struct RecordedALS: Decodable {
        struct Fit: Decodable {
            let iterations: Int
            let users: [[Double]]
            let items: [[Double]]
        }
        let rank: Int
        let regularization: Double
        let alpha: Double
        let start: [[Float]]
        let ratings: [[Double]]
        let fits: [Fit]
    }

    /// From the same item factors, the Python library implicit and this one compute the same factors
    /// (`Tests/Fixtures/implicit/record.py`).
    @Test func implicitFeedbackIsThatOfTheLibraryImplicit() throws {
        let data = try Data(contentsOf: URL(filePath: PackageFolder.fixture("implicit/implicit_als.json")))
        let recorded = try JSONDecoder().decode(RecordedALS.self, from: data)
        let ids = recorded.start.indices.map { Int64($0) }
        let start = try MatrixFactorizationModel(
            userIDs: ids, userFactors: recorded.start.map { $0.map { _ in 0 } }, itemIDs: ids,
            itemFactors: recorded.start)
        let ratings = Ratings(
            recorded.ratings.map { (user: Int64($0[0]), item: Int64($0[1]), rating: Float($0[2])) })
        for fit in recorded.fits {
            let settings = settings {
                ($0.rank, $0.regularization, $0.alpha) = (recorded.rank, recorded.regularization, recorded.alpha)
                ($0.isImplicit, $0.maxIterations) = (true, fit.iterations)
            }
            let model = try ALS(settings).fit(ratings, from: start)
            func check(_ ids: IdentifierTable, _ factors: NumberColumn<Float>, _ expected: [[Double]]) {
                for row in 0..<ids.count {
                    for (own, right) in zip(
                        factors[row * recorded.rank..<(row + 1) * recorded.rank], expected[Int(ids[row])!])
                    {
                        #expect(abs(Double(own) - right) < 1e-4)
                    }
                }
            }
            check(model.userIDs, model.userFactors, fit.users)
            check(model.itemIDs, model.itemFactors, fit.items)
        }
    }

    /// At the optimum, no component can be improved: positive ones have a gradient of zero, and the others none that
    /// points inward.
    @Test(arguments: InstructionSet.allCases.filter { $0.rawValue <= InstructionSet.best.rawValue })
    func nonNegativeFactorsAreOptimal(instructionSet: InstructionSet) throws {
        let model = try ALS(
            settings { ($0.solver, $0.maxIterations) = (.nonNegative, 3) },
            resources: TrainingResources(instructionSet: instructionSet)
        ).fit(Self.data.ratings)
        #expect(model.userFactors.allSatisfy { $0 >= 0 } && model.itemFactors.allSatisfy { $0 >= 0 })
        #expect(model.itemFactors.contains(0))
        let matrix = RatingMatrix(Self.data.ratings)
        for item in stride(from: 0, to: model.itemIDs.count, by: 53) {
            let range = matrix.byItem.range(of: item)
            let x = model.itemFactors[item * 10..<item * 10 + 10].map(Double.init)
            var gradient = x.map { $0 * 0.1 * Double(range.count) }
            var scale = 0.0
            for entry in range {
                let user = Int(matrix.byItem.columns[entry])
                let p = model.userFactors[user * 10..<user * 10 + 10].map(Double.init)
                let error = zip(p, x).reduce(0) { $0 + $1.0 * $1.1 } - Double(matrix.byItem.values[entry])
                for factor in 0..<10 { gradient[factor] += error * p[factor] }
                scale += abs(Double(matrix.byItem.values[entry])) * (p.max() ?? 0)
            }
            for factor in 0..<10 {
                #expect(x[factor] > 0 ? abs(gradient[factor]) < 1e-3 * scale : gradient[factor] > -1e-3 * scale)
            }
        }
    }

    @Test func conjugateGradientComesToTheSameError() throws {
        let exact = try ALS(settings { $0.rank = 20 }).fit(Self.parts[0]).evaluate(on: Self.parts[1]).rmse
        for instructionSet in InstructionSet.allCases where instructionSet.rawValue <= InstructionSet.best.rawValue {
            let approximate = try ALS(
                settings { ($0.rank, $0.solver) = (20, .conjugateGradient) },
                resources: TrainingResources(instructionSet: instructionSet)
            ).fit(Self.parts[0])
            #expect(abs(try approximate.evaluate(on: Self.parts[1]).rmse - exact) < 0.002)
        }
    }

    /// Biases match their definition, are part of predictions and lower the error. A model with biases survives its
    /// file, and a folded-in history gives the trained user.
    @Test func biasesHelpAndAreKept() throws {
        let plain = try ALS().fit(Self.parts[0]).evaluate(on: Self.parts[1]).rmse
        let model = try ALS(settings { ($0.hasBiases, $0.maxIterations) = (true, 30) }).fit(Self.parts[0])
        #expect(try model.evaluate(on: Self.parts[1]).rmse < plain)
        let biases = try #require(model.biases)
        let matrix = RatingMatrix(Self.parts[0])
        let mean = Self.parts[0].mean
        for item in [0, 10, 500] {
            let range = matrix.byItem.range(of: item)
            let sum = range.reduce(0.0) { $0 + Double(matrix.byItem.values[$1]) - mean }
            #expect(abs(Double(biases.items[item]) - sum / (Double(range.count) + 5)) < 1e-5)
        }
        let user = 5
        let best = model.recommendItems(forUserIndex: user, limit: 3)
        for scored in best {
            #expect(abs(scored.score - model.predict(userIndex: user, itemIndex: scored.index)!) < 1e-4)
        }
        let users = model.recommendUsers(forItemIndex: 4, limit: 3)
        for scored in users {
            #expect(abs(scored.score - model.predict(userIndex: scored.index, itemIndex: 4)!) < 1e-4)
        }
        let range = model.history.range(of: user)
        let folded = try #require(
            try model.foldIn(
                range.map { (itemIndex: Int(model.history.columns[$0]), rating: model.history.values[$0]) }))
        #expect(abs(folded.offset - biases.mean - biases.users[user]) < 1e-4)
        let again = model.recommendItems(
            for: folded, limit: 3, filter: .init(deniedIndexes: Set(model.history.columns[range].map(Int.init))))
        for (a, b) in zip(best, again) { #expect(abs(a.score - b.score) < 0.05) }
        let folder = try TemporaryDirectory()
        try ModelFile.write(model, to: folder.file("m"))
        #expect(try ModelFile.read(folder.file("m")) == model)
    }

    @Test func combinationsThatMakeNoSenseAreRefused() {
        for change in [
            { $0.isImplicit = true }, { $0.solver = .nonNegative },
        ] as [(inout ALSSettings) -> Void] {
            let settings = settings {
                $0.hasBiases = true
                change(&$0)
            }
            #expect(throws: SwiftwaterError.self) { try ALS(settings).fit(Self.parts[0]) }
        }
    }

    /// Of an item that a user chose and a random one, the chosen item scores higher in at least nine tenths as many
    /// cases as it is the more popular one. Popularity is all that the generator's users choose by.
    @Test func implicitScoresRankWhatUsersChose() throws {
        let model = try ALS(settings { ($0.isImplicit, $0.alpha) = (true, 10) }).fit(Self.parts[0])
        var (higher, morePopular, count) = (0.0, 0.0, 0.0)
        var random = SeededRandom(seed: 1)
        for row in stride(from: 0, to: Self.parts[1].count, by: 7) {
            let (user, item) = (Int(Self.parts[1].users[row]), Int(Self.parts[1].items[row]))
            let another = random.below(model.itemIDs.count)
            guard let score = model.predict(userIndex: user, itemIndex: item),
                let other = model.predict(userIndex: user, itemIndex: another)
            else { continue }
            higher += score > other ? 1 : 0
            morePopular += model.itemCounts[item] > model.itemCounts[another] ? 1 : 0
            count += 1
        }
        #expect(morePopular / count > 0.7)
        #expect(higher > 0.9 * morePopular)
    }

    /// One step from known factors matches the textbook, signs included; training brings the error near that of ALS.
    @Test func gradientDescentLearns() throws {
        let model = try StochasticGradientDescent().fit(Self.parts[0])
        let error = try model.evaluate(on: Self.parts[1]).rmse
        #expect(error < 0.9 && error > Self.data.report.noiseFloor)
        #expect(try StochasticGradientDescent().fit(Self.parts[0]) == model)

        var settings = StochasticGradientDescent.Settings()
        (settings.rank, settings.epochs, settings.learningRate, settings.regularization) = (1, 1, 0.1, 0.5)
        let one = Ratings([(user: 1, item: 1, rating: 4)])
        let after = try StochasticGradientDescent(settings).fit(one)
        settings.learningRate = 1e-9
        let before = try StochasticGradientDescent(settings).fit(one)
        let (p, q) = (before.userFactors[0], before.itemFactors[0])
        let e = 4 - p * q
        #expect(abs(after.userFactors[0] - (p + 0.1 * (e * q - 0.5 * p))) < 1e-5)
        #expect(abs(after.itemFactors[0] - (q + 0.1 * (e * p - 0.5 * q))) < 1e-5)
        settings.learningRate = 0
        #expect(throws: SwiftwaterError.self) { try StochasticGradientDescent(settings).fit(one) }
        (settings.learningRate, settings.epochs) = (10, 50)
        let diverged = #expect(throws: SwiftwaterError.self) { try StochasticGradientDescent(settings).fit(one) }
        #expect(diverged?.code == .numerical)
    }
}
