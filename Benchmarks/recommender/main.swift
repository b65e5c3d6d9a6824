import Foundation
import Swiftwater

// swiftwater-bench-recommender read FILE                       columns and id dictionaries of a CSV file, five times
// swiftwater-bench-recommender fit TRAIN TEST RANK ITERATIONS [biases|implicit|gradient ...]   the index and the fit, three times; RMSE
// swiftwater-bench-recommender top TRAIN RANK                  the best 10 for all users and for all items, and for one user
// swiftwater-bench-recommender cost FILE RANK                  one iteration: time for each rating and for each row
// swiftwater-bench-recommender study FILE                      load, split 60/20/20, fit, RMSE on validation and test
let arguments = Array(CommandLine.arguments.dropFirst())

func timed<Result>(_ body: () throws -> Result) rethrows -> (seconds: Double, result: Result) {
    let begin = ContinuousClock().now
    let result = try body()
    return ((ContinuousClock().now - begin) / .seconds(1), result)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func peakMegabytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
}

func shown(_ values: [Double]) -> String { values.map { String(format: "%.3f", $0) }.joined(separator: " ") }

switch arguments.first {
case "read":
    var times: [Double] = []
    for _ in 0..<5 {
        let (seconds, result) = try timed { try Ratings.read(arguments[1]) }
        times.append(seconds)
        if times.count == 5 {
            print(
                "\(result.ratings.count) ratings, \(result.ratings.userIDs.count) users, "
                    + "\(result.ratings.itemIDs.count) items, mean \(result.ratings.mean)")
        }
    }
    print("read: median \(shown([median(times)])) s of \(shown(times)), peak \(peakMegabytes()) MB")
case "fit":
    let train = try Ratings.read(arguments[1]).ratings
    let test = try Ratings.read(arguments[2]).ratings
    var settings = ALSSettings()
    (settings.rank, settings.maxIterations) = (Int(arguments[3])!, Int(arguments[4])!)
    settings.hasBiases = arguments.contains("biases")
    settings.isImplicit = arguments.contains("implicit")
    if arguments.contains("gradient") { settings.solver = .conjugateGradient }
    var times: [Double] = []
    var errors: [Double] = []
    for seed in [42, 1, 2] {
        settings.seed = UInt64(seed)
        let (seconds, model) = try timed { try ALS(settings).fit(train) }
        times.append(seconds)
        if !settings.isImplicit { errors.append(try model.evaluate(on: test).rmse) }
    }
    let rmse = errors.isEmpty ? "" : ", RMSE on test mean \(errors.reduce(0, +) / 3) of \(errors)"
    print(
        "fit \(arguments.dropFirst(3).joined(separator: " ")): median \(shown([median(times)])) s of \(shown(times))"
            + "\(rmse), peak \(peakMegabytes()) MB")
case "top":
    let train = try Ratings.read(arguments[1]).ratings
    var settings = ALSSettings()
    (settings.rank, settings.maxIterations) = (Int(arguments[2])!, 10)
    let model = try ALS(settings).fit(train)
    for includesSeen in [true, false] {
        var found = 0
        let users = try timed {
            try model.recommendForAllUsers(limit: 10, includeSeen: includesSeen) { found += $1.count }
        }
        let items = try timed {
            try model.recommendForAllItems(limit: 10, includeSeen: includesSeen) { found += $1.count }
        }
        print(
            "top 10, seen \(includesSeen ? "kept" : "left out"): all users \(shown([users.seconds])) s, "
                + "all items \(shown([items.seconds])) s, \(found) rows")
    }
    var one: [Double] = []
    for user in 0..<2000 {
        one.append(
            timed { model.recommendItems(forUserIndex: user * 7 % train.userIDs.count, limit: 10) }.seconds * 1000)
    }
    print("top 10 for one user: median \(shown([median(one)])) ms, p99 \(shown([one.sorted()[1980]])) ms")
case "cost":
    let ratings = try Ratings.read(arguments[1]).ratings
    var settings = ALSSettings()
    settings.rank = Int(arguments[2])!
    settings.maxIterations = 3
    var marks = [ContinuousClock().now]
    _ = try ALS(settings).fit(ratings) { _ in marks.append(ContinuousClock().now) }
    let iteration = median(zip(marks.dropFirst(), marks.dropFirst(2)).map { ($1 - $0) / .seconds(1) })
    print(
        "rank \(settings.rank), \(ratings.count) ratings: \(shown([iteration])) s an iteration, "
            + "\(shown([iteration * 1e9 / Double(2 * ratings.count)])) ns a rating and side")
case "study":
    let (seconds, results) = try timed {
        let parts = try Ratings.read(arguments[1]).ratings.split(weights: [60, 20, 20], seed: 42)
        var settings = ALSSettings()
        settings.maxIterations = 5
        let model = try ALS(settings).fit(parts[0])
        return try parts.dropFirst().map { try model.evaluate(on: $0).rmse }
    }
    print("study: \(shown([seconds])) s, RMSE on validation and test \(results), peak \(peakMegabytes()) MB")
default:
    print("see Benchmarks/recommender/main.swift")
}
