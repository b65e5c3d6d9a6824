import Swiftwater

@main
struct MovieRecommender {
    static func main() throws {
        let d = "/tmp/peers/data/split-1m/"
        let (train, _) = try Ratings.read(d + "train.csv")
        let (test, _) = try Ratings.read(d + "test.csv")
        for seed in [42, 1, 2] {
            var s = ALSSettings(); s.seed = UInt64(seed)
            if CommandLine.arguments.count > 1 { s.rank = Int(CommandLine.arguments[1])! }
            let clock = ContinuousClock(); let t = clock.now
            let (curve, _) = try LearningCurve.fit(s, iterations: [1, 2, 3, 5, 7, 10], train: train, validation: test)
            print(seed, clock.now - t, curve.points.map { "\($0.iterations): \($0.rmse)" })
        }
    }
}
