import Dispatch
import Foundation
import Logging
import Swiftwater

// swiftwater-kernels KERNEL FOLDER ROUNDS   does one piece of hot work ROUNDS times, on one thread, so that Valgrind can
//                                           count its instructions (Benchmarks/instructions.sh)
//
// FOLDER has posts.txt, posts.ndjson and ratings.csv, as 'swiftwater generate' makes them.

/// A stream that moves batch by batch.
func steppedContext() throws -> StreamingContext {
    var logger = Logger(label: "kernels", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    return StreamingContext(
        Context(master: .local(threads: 1), appName: "kernels", logger: logger), batchInterval: .seconds(1),
        settings: StreamSettings(firstBatchMaxBytes: 1 << 40, isStepped: true))
}

/// Counts posts of a file, once as each of `rounds` batches.
func countTrends(_ path: String, _ rounds: Int, _ settings: TrendingSettings) async throws {
    let context = try steppedContext()
    let batches = (0..<rounds).map { _ in context.engine.textFile(path) }
    context.queueStream(batches).trending(settings).forEachBatch { rdd, _ in _ = try rdd.collect() }
    try await context.start()
    for _ in batches { try context.step() }
    try await context.stop()
}

func run(_ kernel: String, _ folder: String, _ rounds: Int) async throws {
    let (text, json, csv) = (folder + "/posts.txt", folder + "/posts.ndjson", folder + "/ratings.csv")
    func fitted(rank: Int, iterations: Int, _ change: (inout ALSSettings) -> Void = { _ in }) throws
        -> MatrixFactorizationModel
    {
        var settings = ALSSettings()
        (settings.rank, settings.maxIterations) = (rank, iterations)
        change(&settings)
        return try ALS(settings, resources: TrainingResources(threads: 1)).fit(Ratings.read(csv).ratings)
    }
    switch kernel {
    case "hashtags":
        try await countTrends(
            text, rounds, TrendingSettings(window: .seconds(2), slide: .seconds(1), recordsEvidence: false, limit: 10))
    case "evidence":
        var settings = TrendingSettings(window: .seconds(2), slide: .seconds(1), limit: 10)
        (settings.order, settings.recordsEvidence) = (.burst, true)
        try await countTrends(json, rounds, settings)
    case "words":
        let context = Context(master: .local(threads: 1), appName: "kernels")
        for _ in 0..<rounds {
            _ = try context.textFile(text).flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("#") }
                .map { ($0.lowercased(), 1) }.reduceByKey(+).collect()
        }
    case "ratings": for _ in 0..<rounds { _ = try Ratings.read(csv) }
    case "als-10": _ = try fitted(rank: 10, iterations: rounds)
    case "als-64": _ = try fitted(rank: 64, iterations: rounds)
    case "als-implicit": _ = try fitted(rank: 32, iterations: rounds) { $0.isImplicit = true }
    case "top":
        let model = try fitted(rank: 10, iterations: 1)
        for _ in 0..<rounds { try model.recommendForAllUsers(limit: 10, threads: 1) { _, _ in } }
    default: throw SwiftwaterError(.invalidArgument, "there is no kernel '\(kernel)'")
    }
}

// Valgrind 3.19 ends if the main thread does, and that of an asynchronous main program does.
let arguments = CommandLine.arguments
guard arguments.count == 4, let rounds = Int(arguments[3]) else {
    print("usage: swiftwater-kernels KERNEL FOLDER ROUNDS; see Benchmarks/kernels/main.swift")
    exit(64)
}
let done = DispatchSemaphore(value: 0)
Task.detached {
    do { try await run(arguments[1], arguments[2], rounds) } catch {
        print("\(error)")
        exit(1)
    }
    done.signal()
}
done.wait()
