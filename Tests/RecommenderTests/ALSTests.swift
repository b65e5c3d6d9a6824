import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import SwiftwaterStorage
import TestSupport
import Testing

@Suite struct ALSTests {
    private let folder = try! TemporaryDirectory()
    private static let data = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make()

    /// The textbook's example: four dot products.
    @Test func predictionsAreDotProducts() throws {
        let model = try MatrixFactorizationModel(
            userIDs: [1, 2], userFactors: [[2, 3, 4], [1, 4, 5]], itemIDs: [1, 2],
            itemFactors: [[2, 5, 4], [3, 1, 2]])
        #expect(model.predict(user: "1", item: "1") == 35)
        #expect(model.predict(user: "2", item: "1") == 42)
        #expect(model.predict(user: "1", item: "2") == 17)
        #expect(model.predict(user: "2", item: "2") == 17)
        #expect(model.predict(user: "3", item: "1") == nil)
        #expect(model.predict(user: "1", item: "x") == nil)
    }

    /// Solves one row's normal equations in double precision by Gaussian elimination.
    private func denseSolve(
        _ rows: [[Double]], _ targets: [Double], weights: [Double], lambda: Double, shared: [[Double]]?
    ) -> [Double] {
        let rank = rows[0].count
        var a = (0..<rank).map { r in (0..<rank).map { c in (shared?[r][c] ?? 0) + (r == c ? lambda : 0) } }
        var b = [Double](repeating: 0, count: rank)
        for (row, (target, weight)) in zip(rows, zip(targets, weights)) {
            for r in 0..<rank {
                b[r] += target * row[r]
                for c in 0..<rank { a[r][c] += weight * row[r] * row[c] }
            }
        }
        for pivot in 0..<rank {
            let best = (pivot..<rank).max { abs(a[$0][pivot]) < abs(a[$1][pivot]) }!
            a.swapAt(pivot, best)
            b.swapAt(pivot, best)
            for row in 0..<rank where row != pivot {
                let factor = a[row][pivot] / a[pivot][pivot]
                for column in pivot..<rank { a[row][column] -= factor * a[pivot][column] }
                b[row] -= factor * b[pivot]
            }
        }
        return (0..<rank).map { b[$0] / a[$0][$0] }
    }

    /// The last half-step of a fit solves every item from the user factors. Compares it with a dense solve in doubles,
    /// for every instruction set of this processor.
    @Test(
        arguments: InstructionSet.allCases.filter { $0.rawValue <= InstructionSet.best.rawValue },
        [1, 3, 8, 10, 16, 17, 33, 64, 100])
    func halfStepsSolveTheNormalEquations(instructionSet: InstructionSet, rank: Int) throws {
        for isImplicit in [false, true] {
            var settings = ALSSettings()
            (settings.rank, settings.maxIterations, settings.isImplicit, settings.alpha) = (rank, 2, isImplicit, 2)
            let ratings = Self.data.ratings
            let resources = TrainingResources(instructionSet: instructionSet)
            let model = try ALS(settings, resources: resources).fit(ratings)
            let matrix = RatingMatrix(ratings)
            let users = (0..<ratings.userIDs.count).map { user in
                model.userFactors[user * rank..<(user + 1) * rank].map(Double.init)
            }
            var shared: [[Double]]?
            if isImplicit {
                shared = (0..<rank).map { r in (0..<rank).map { c in users.reduce(0) { $0 + $1[r] * $1[c] } } }
            }
            for item in stride(from: 0, to: ratings.itemIDs.count, by: 97) {
                let range = matrix.byItem.range(of: item)
                let rows = matrix.byItem.columns[range].map { users[Int($0)] }
                let values = matrix.byItem.values[range].map(Double.init)
                let expected = denseSolve(
                    rows, isImplicit ? values.map { $0 > 0 ? 1 + 2 * $0 : 0 } : values,
                    weights: values.map { isImplicit ? 2 * $0 : 1 }, lambda: 0.1 * Double(values.count), shared: shared)
                let found = model.itemFactors[item * rank..<(item + 1) * rank].map(Double.init)
                let size = expected.map(abs).max()!
                for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 2e-4 * size, "rank \(rank), item \(item)") }
            }
        }
    }

    /// Every half-step lowers the regularized objective, so every iteration does.
    @Test func iterationsLowerTheObjective() throws {
        let ratings = Self.data.ratings
        let matrix = RatingMatrix(ratings)
        var objectives: [Double] = []
        _ = try ALS().fit(ratings) { progress in
            let model = progress.model
            let rank = model.rank
            var sum = 0.0
            for row in 0..<ratings.count {
                let error =
                    Double(model.predict(userIndex: Int(ratings.users[row]), itemIndex: Int(ratings.items[row]))!)
                    - Double(ratings.values[row])
                sum += error * error
            }
            func penalty(_ factors: NumberColumn<Float>, _ rows: RatingMatrix.Rows) -> Double {
                (0..<rows.rowCount).reduce(0.0) { total, row in
                    total + Double(rows.count(of: row))
                        * factors[row * rank..<(row + 1) * rank].reduce(0.0) { $0 + Double($1) * Double($1) }
                }
            }
            objectives.append(
                sum + 0.1 * (penalty(model.userFactors, matrix.byUser) + penalty(model.itemFactors, matrix.byItem)))
        }
        #expect(objectives.count == 10)
        for (before, after) in zip(objectives, objectives.dropFirst()) { #expect(after <= before * (1 + 1e-6)) }
    }

    /// The same seed gives the same model file, byte for byte, whatever the number of threads.
    @Test func modelsDoNotDependOnThreads() throws {
        var files: [Data] = []
        for threads in [1, 2, 3, 8] {
            let als = ALS(ALSSettings(maxIterations: 3), resources: TrainingResources(threads: threads))
            try ModelFile.write(try als.fit(Self.data.ratings), to: folder.file("m"))
            files.append(try Data(contentsOf: URL(filePath: folder.file("m"))))
        }
        #expect(Set(files).count == 1)
        var other = ALSSettings()
        (other.seed, other.maxIterations) = (43, 3)
        try ModelFile.write(try ALS(other).fit(Self.data.ratings), to: folder.file("m"))
        #expect(try Data(contentsOf: URL(filePath: folder.file("m"))) != files[0])
    }

    /// On data with a planted model and a known noise floor, the error is far below that of the mean, and never below
    /// the floor.
    @Test func testErrorLiesBetweenTheFloorAndTheMean() throws {
        let parts = try Self.data.ratings.split(weights: [80, 20], seed: 1)
        let metrics = try ALS().fit(parts[0]).evaluate(on: parts[1])
        #expect(metrics.rmse > Self.data.report.noiseFloor)
        #expect(metrics.rmse < 0.87)
        #expect(metrics.rmse < Self.data.report.deviation * 0.9)
        #expect(abs(metrics.mse - metrics.rmse * metrics.rmse) < 1e-12)
        #expect(metrics.evaluated + metrics.unknown == parts[1].count)
    }

    @Test func metricsAreThoseOfTheirDefinitions() throws {
        let metrics = try #require(RatingMetrics(predictions: [1, 2, nil, 5], ratings: [2, 2, 9, 3]))
        #expect(abs(metrics.mse - 5.0 / 3) < 1e-12)
        #expect(abs(metrics.mae - 1) < 1e-12)
        #expect(abs(metrics.r2 - (1 - 5 / (2.0 / 3))) < 1e-9)
        #expect(metrics.evaluated == 3 && metrics.unknown == 1)
        #expect(RatingMetrics(predictions: [nil], ratings: [1]) == nil)
    }

    @Test func foldInOfATrainingHistoryIsTheNextUserStep() throws {
        var settings = ALSSettings()
        settings.maxIterations = 40
        let model = try ALS(settings).fit(Self.data.ratings)
        for user in [0, 5, 100] {
            let range = model.history.range(of: user)
            let history = range.map { (itemIndex: Int(model.history.columns[$0]), rating: model.history.values[$0]) }
            let folded = try #require(try model.foldIn(history))
            let trained = Array(model.userFactors[user * 10..<(user + 1) * 10])
            // After many iterations, another half-step changes little.
            for (a, b) in zip(folded.factors, trained) { #expect(abs(a - b) < 0.02) }
        }
        #expect(try model.foldIn([]) == nil)
    }

    @Test func settingsThatCannotWorkAreRefused() throws {
        func refused(_ change: (inout ALSSettings) -> Void) {
            var settings = ALSSettings()
            change(&settings)
            let error = #expect(throws: SwiftwaterError.self) { try ALS(settings).fit(Self.data.ratings) }
            #expect(error?.code == .invalidArgument && error?.remedy != nil)
        }
        refused { $0.rank = 0 }
        refused { $0.rank = 513 }
        refused { $0.maxIterations = 0 }
        refused { $0.regularization = -1 }
        refused { $0.regularization = .nan }
        #expect(throws: SwiftwaterError.self) {
            try ALS(resources: TrainingResources(threads: 0)).fit(Self.data.ratings)
        }
        #expect(throws: SwiftwaterError.self) { try ALS().fit(Ratings()) }
    }

    @Test func aSingularSystemNamesTheUser() throws {
        var settings = ALSSettings()
        (settings.regularization, settings.rank) = (0, 5)
        let error = #expect(throws: SwiftwaterError.self) {
            try ALS(settings).fit(Ratings([(user: 17, item: 1, rating: 3)]))
        }
        #expect(error?.code == .numerical)
        #expect(error?.message.contains("user 17") == true)
    }

    /// Compares with Spark's figures on its own split of the peers' 1m set (see Benchmarks/README.md), rank 10,
    /// regularization 0.1.
    @Test(.enabled(if: peerSplit != nil, "set SWIFTWATER_PEER_SPLIT to the folder of the peers' 1m split, as CSV"))
    func noWorseThanSparkAndCmfrec() throws {
        let folder = Self.peerSplit!
        let train = try Ratings.read(folder + "/train.csv").ratings
        let test = try Ratings.read(folder + "/test.csv").ratings
        var afterFive: [Double] = []
        for seed in [42, 1, 2] as [UInt64] {
            var settings = ALSSettings()
            settings.seed = seed
            let curve = try LearningCurve.fit(settings, iterations: [1, 3, 5, 7], train: train, validation: test).curve
            for (point, spark) in zip(curve.points, [2.953, 0.866, 0.8438, 0.8254]) { #expect(point.rmse <= spark) }
            afterFive.append(curve.points[2].rmse)
        }
        #expect(afterFive.reduce(0, +) / 3 <= 0.8258 + 0.0005)
    }

    private static let peerSplit = ProcessInfo.processInfo.environment["SWIFTWATER_PEER_SPLIT"]
}

@Suite struct LearningCurveTests {
    @Test func oneFitGivesTheCurveOfSeveral() throws {
        let ratings = try RatingsGenerator(.init(preset: .hundredThousand, seed: 5)).make().ratings
        let parts = try ratings.split(weights: [80, 20], seed: 1)
        let curve = try LearningCurve.fit(
            ALSSettings(), iterations: [1, 3, 5], train: parts[0], validation: parts[1]
        ).curve
        #expect(curve.points.map(\.iterations) == [1, 3, 5])
        for point in curve.points {
            var settings = ALSSettings()
            settings.maxIterations = point.iterations
            #expect(try ALS(settings).fit(parts[0]).evaluate(on: parts[1]).rmse == point.rmse)
        }
        #expect(throws: SwiftwaterError.self) {
            try LearningCurve.fit(ALSSettings(), iterations: [0], train: parts[0], validation: parts[1])
        }
    }

    @Test func enoughIsTheSmallestWithinOnePercent() {
        let curve = LearningCurve(points: [
            .init(iterations: 1, rmse: 2), .init(iterations: 3, rmse: 0.866), .init(iterations: 5, rmse: 0.834),
            .init(iterations: 7, rmse: 0.8255),
        ])
        #expect(curve.best?.iterations == 7)
        #expect(curve.enough()?.iterations == 7)
        #expect(curve.enough(within: 0.02)?.iterations == 5)
        #expect(LearningCurve(points: []).enough() == nil)
    }
}
