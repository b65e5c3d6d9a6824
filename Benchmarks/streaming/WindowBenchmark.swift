import Foundation
import Logging
import Swiftwater

/// What an empty batch costs.
func benchmarkEmpty(_ arguments: [String]) async throws {
    let context = try makeContext(.milliseconds(5))
    let costs = Shared<[Double]>([])
    let source = context.queueStream([[Text]]())
    classic(source.window(.milliseconds(20))).forEachBatch { rdd, _ in _ = try rdd.take(10) }
    context.onBatchCompleted { batch in costs.update { $0.append(batch.totalDelay.inSeconds * 1000) } }
    try await context.start()
    try await Task.sleep(for: .seconds(5))
    try await context.stop()
    let all = costs.update { Array($0.dropFirst(50)) }
    print("empty batch, batch time to done: median \(median(all)) ms, p99 \(percentile(all, 0.99)) ms")
}

/// A slide of a window of 60 batches against one of 2, where two batches hold every key.
func benchmarkWindow(_ arguments: [String]) async throws {
    for batches in [2, 60] {
        let context = try makeContext(.milliseconds(1000), isStepped: true)
        let keys = 100_000
        let costs = Shared<[Double]>([])
        var random = BenchRandom(1)
        let pairs = (0..<2).map { _ in
            (0..<keys).map { _ in (Text("#key\(Int.random(in: 0..<keys, using: &random))"), 1) }
        }
        let rdds = pairs.map { context.engine.parallelize($0).persist() }
        let counts = context.queueStream((0..<200).map { rdds[$0 % 2] })
            .window(.seconds(batches)).reduceByKey(+)
        counts.forEachBatch { rdd, _ in _ = try rdd.count() }
        context.onBatchCompleted { batch in costs.update { $0.append(batch.processingTime.inSeconds * 1000) } }
        try await context.start()
        for _ in 0..<190 { try context.step() }
        try await context.stop()
        let all = costs.update { Array($0.suffix(120)) }
        print("window of \(batches): \(median(all)) ms a slide, mean \(all.reduce(0, +) / 120), most \(all.max()!)")
    }
}

/// Memory while 10 million distinct keys pass through a window.
func benchmarkDistinct(_ arguments: [String]) async throws {
    for inverse in [false, true] {
        let context = try makeContext(.milliseconds(1000), isStepped: true)
        let perBatch = 100_000
        let batches = 100
        let keys = context.queueStream(
            (0..<batches).map { batch in
                RDD(context: context.engine, name: "keys", partitionCount: 4) { partition, sink in
                    for number in 0..<perBatch / 4 {
                        try sink((Text("#a key of its own \(batch * perBatch + partition * perBatch / 4 + number)"), 1))
                    }
                }
            })
        let subtract: @Sendable (Int, Int) throws -> Int = { $0 - $1 }
        let counts = keys.reduceByKeyAndWindow(+, inverse: inverse ? subtract : nil, window: .seconds(5))
        counts.forEachBatch { rdd, _ in _ = try rdd.count() }
        try await context.start()
        var sizes: [Int] = []
        for batch in 1...batches {
            try context.step()
            if batch % 20 == 0 { sizes.append(currentMegabytes()) }
        }
        try await context.stop()
        print(
            "\(inverse ? "subtraction" : "two stacks"): MB after 2, 4, 6, 8, 10 million distinct keys through a window of 5 batches: \(sizes)"
        )
    }
}

/// A sum and a count, as a program without aggregates keeps them.
struct Sum: StreamCodable, Codable {
    var total: Double
    var count: Int
    var mean: Double { total / Double(count) }
    static func + (left: Sum, right: Sum) -> Sum {
        Sum(total: left.total + right.total, count: left.count + right.count)
    }
}

/// The mean and the count by key, with closures and with aggregates.
func benchmarkAggregates(_ arguments: [String]) async throws {
    let numbers = (0..<2_000_000).map { (Text("key \($0 % 5000)"), Double($0 % 997)) }
    for (name, run) in [
        (
            "mean by closures",
            { (rdd: RDD<(Text, Double)>) in
                try rdd.map { ($0.0, Sum(total: $0.1, count: 1)) }.reduceByKey { $0 + $1 }.mapValues { $0.mean }.count()
            }
        ),
        ("mean by aggregate", { (rdd: RDD<(Text, Double)>) in try rdd.meanByKey().count() }),
        (
            "count by closures",
            { (rdd: RDD<(Text, Double)>) in
                try rdd.map { ($0.0, 1) }.reduceByKey(+).count()
            }
        ),
        ("count by aggregate", { (rdd: RDD<(Text, Double)>) in try rdd.aggregateByKey(.count()).count() }),
    ] as [(String, (RDD<(Text, Double)>) throws -> Int)] {
        let context = try makeContext(.seconds(1)).engine
        let rdd = context.parallelize(numbers)
        var times: [Double] = []
        for _ in 0..<7 {
            let begin = now()
            let keys = try run(rdd)
            precondition(keys == 5000)
            times.append(now() - begin)
        }
        print("aggregates: \(name): median \(median(times)) s of \(times.sorted()) for 2,000,000 pairs")
    }
}
