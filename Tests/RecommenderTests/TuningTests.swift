import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import TestSupport
import Testing

@Suite struct TuningTests {
    private static let ratings = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make().ratings

    /// Cancelled work stops in the middle of an iteration, with a `CancellationError`.
    @Test func trainingCanBeCancelled() throws {
        let ratings = TextbookRatings.sixUsers
        let cancellation = Cancellation()
        var iterations = 0
        #expect(throws: CancellationError.self) {
            var settings = ALSSettings()
            settings.maxIterations = 50
            _ = try ALS(settings).fit(ratings, cancellation: cancellation) { progress in
                iterations = progress.iteration
                if iterations == 3 { cancellation.cancel() }
            }
        }
        #expect(iterations == 3)
        #expect(throws: CancellationError.self) {
            try GridSearch(ALSSettings(), ranks: [2, 3], regularizations: [0.1], iterations: [1, 2])
                .run([(ratings, ratings)], cancellation: cancellation)
        }
    }

    /// Every combination equals a fit of it alone, whatever the threads and the memory; the best comes first.
    @Test func gridsHoldWhatSingleFitsGive() throws {
        let folds = try Self.ratings.folds(3, seed: 1)
        var all: [[GridSearch.Result]] = []
        for (threads, memory) in [(1, nil), (2, nil), (4, 30_000_000)] as [(Int, Int?)] {
            let grid = GridSearch(
                ALSSettings(), resources: TrainingResources(threads: threads, memoryMaxBytes: memory), ranks: [3, 8],
                regularizations: [0.02, 0.1, 0.5], iterations: [1, 4])
            let seen = Collected<Int>()
            all.append(try grid.run(folds) { done, _ in seen.append(done) })
            #expect(seen.all == Array(1...18))
        }
        let keys = all.map { $0.map { "\($0.settings.rank) \($0.settings.regularization) \($0.curve) \($0.folds)" } }
        #expect(keys[0] == keys[1] && keys[0] == keys[2])
        let results = all[0]
        #expect(results.count == 6)
        #expect(zip(results, results.dropFirst()).allSatisfy { $0.rmse <= $1.rmse })
        for result in [results[0], results[5]] {
            let alone = try folds.map { fold in
                try ALS(result.settings).fit(fold.train).evaluate(on: fold.validation).rmse
            }
            #expect(result.folds == alone)
            #expect(result.deviation > 0 && result.deviation < 0.05)
            #expect(result.curve.points.map(\.iterations) == [1, 4])
        }
        #expect(throws: SwiftwaterError.self) {
            try GridSearch(ALSSettings(), ranks: [], regularizations: [1], iterations: [1]).run(folds)
        }
    }

    /// Training that is stopped and resumed from its model file gives the model of one run, bit for bit, for every
    /// solver.
    @Test(arguments: [ALSSettings.Solver.cholesky, .conjugateGradient, .nonNegative], [false, true])
    func trainingGoesOnWhereItWasStopped(solver: ALSSettings.Solver, isImplicit: Bool) throws {
        let folder = try TemporaryDirectory()
        var settings = ALSSettings()
        (settings.maxIterations, settings.solver, settings.isImplicit) = (6, solver, isImplicit)
        let whole = try ALS(settings).fit(Self.ratings)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try ALS(settings).fit(Self.ratings) { progress in
                try ModelFile.write(progress.model, to: folder.file("m"))
                if progress.iteration == 2 { throw Stop() }
            }
        }
        let stopped = try ModelFile.read(folder.file("m"))
        #expect(stopped.settings.maxIterations == 2)
        settings.maxIterations = 4
        let resumed = try ALS(settings).fit(Self.ratings, from: stopped)
        #expect(resumed.itemFactors == whole.itemFactors && resumed.userFactors == whole.userFactors)
        #expect(resumed.settings.maxIterations == 6)
        settings.rank = 4
        #expect(throws: SwiftwaterError.self) { try ALS(settings).fit(Self.ratings, from: stopped) }
    }

    /// A model of older ratings is a good start for training on newer ones, with users and items it does not know.
    @Test func newRatingsBeginWithTheOldModel() throws {
        let parts = try Self.ratings.split(weights: [70, 30], seed: 2)
        var rows: [(user: Int64, item: Int64, rating: Float)] = []
        for row in 0..<parts[0].count where parts[0].users[row] % 10 != 0 {
            rows.append(
                (
                    Int64(parts[0].userIDs[Int(parts[0].users[row])])!,
                    Int64(parts[0].itemIDs[Int(parts[0].items[row])])!,
                    parts[0].values[row]
                ))
        }
        var settings = ALSSettings()
        settings.maxIterations = 8
        let old = try ALS(settings).fit(Ratings(rows))
        settings.maxIterations = 1
        let cold = try ALS(settings).fit(parts[0]).evaluate(on: parts[1])
        let warm = try ALS(settings).fit(parts[0], from: old).evaluate(on: parts[1])
        #expect(warm.rmse < cold.rmse && warm.unknown == cold.unknown)
    }

    @Test func trainingEndsWhereNothingChangesAnyMore() throws {
        var settings = ALSSettings()
        (settings.maxIterations, settings.tolerance) = (200, 0.01)
        var iterations = 0
        let model = try ALS(settings).fit(Self.ratings) { _ in iterations += 1 }
        #expect(iterations > 3 && iterations < 200)
        #expect(model.settings.maxIterations == iterations)
        settings.tolerance = 1e-9
        settings.maxIterations = 12
        var all = 0
        _ = try ALS(settings).fit(Self.ratings) { _ in all += 1 }
        #expect(all == 12)
    }

    @Test func tooLittleMemoryIsSaidBefore() throws {
        let settings = ALSSettings(rank: 256, maxIterations: 1)
        func fit(_ memory: Int) throws {
            _ = try ALS(settings, resources: TrainingResources(memoryMaxBytes: memory)).fit(Self.ratings)
        }
        let error = #expect(throws: SwiftwaterError.self) { try fit(2_000_000) }
        #expect(error?.code == .limitExceeded)
        #expect(
            error?.message.contains("training rank 256 on") == true && error?.message.contains("only 2 MB") == true
        )
        try fit(1 << 40)
    }
}
