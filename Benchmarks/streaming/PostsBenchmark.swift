import Foundation
import Logging
import Swiftwater

/// NDJSON by event time.
func benchmarkPosts(_ arguments: [String]) async throws {
    var settings = TrendingSettings()
    (settings.window, settings.usesEventTime, settings.limit) = (.seconds(3600), true, 10)
    let hasReasons = ["all", "authors"].contains(arguments[2])
    settings.recordsEvidence = hasReasons
    if arguments[2] == "words" { settings.keys = .hashWords }
    settings.order = hasReasons ? .burst : .count
    if arguments[2] == "authors" { (settings.honorsDeletions, settings.samples) = (false, 0) }
    if hasReasons || arguments.count > 3 { (settings.window, settings.slide) = (.seconds(100), .seconds(100)) }
    for round in 0..<3 {
        let context = try makeContext(.seconds(1), isStepped: true)
        let archive = try ArchiveSource([arguments[1]])
        let isLast = Shared(false)
        let posts = Shared(0)
        context.archiveTextStream(archive).trending(settings, isLast: { isLast.update { $0 } }).forEachBatch { rdd, _ in
            for table in try rdd.collect() { posts.update { $0 += table.posts } }
        }
        try await context.start()
        let begin = now()
        while !archive.isAtEnd { try context.step() }
        isLast.update { $0 = true }
        try context.step()
        print(
            "posts \(arguments[2]) round \(round): \(now() - begin) s, \(posts.update { $0 }) posts, peak \(peakMegabytes()) MB"
        )
        try await context.stop()
    }
}

/// What a post costs when there are 1,000 to 100 million distinct keys.
func benchmarkKeys(_ arguments: [String]) async throws {
    for distinct in [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] {
        let (posts, perBatch) = (4_000_000, 500_000)
        let context = try makeContext(.seconds(1), isStepped: true)
        var settings = TrendingSettings()
        (settings.window, settings.slide, settings.keysMax) = (.seconds(2), .seconds(1), 200_000)
        (settings.recordsEvidence, settings.limit) = (false, 10)
        let batches = (0..<posts / perBatch).map { batch in
            RDD(context: context.engine, name: "posts", partitionCount: 4) { partition, sink in
                var random = BenchRandom(UInt64(batch * 4 + partition))
                for _ in 0..<perBatch / 4 {
                    try sink(Text("a post of some words and a tag #k\(Int.random(in: 0..<distinct, using: &random))"))
                }
            }
        }
        let widest = Shared(0)
        context.queueStream(batches).trending(settings).forEachBatch { rdd, _ in
            for row in try rdd.collect().flatMap(\.rows) {
                widest.update { $0 = max($0, row.countUpperBound - row.count) }
            }
        }
        try await context.start()
        let begin = now()
        for _ in batches { try context.step() }
        let seconds = now() - begin
        try await context.stop()
        print(
            "keys: \(distinct) distinct: \(Int(seconds * 1e9) / posts) ns a post, widest bound \(widest.update { $0 }), now \(currentMegabytes()) MB, peak so far \(peakMegabytes()) MB"
        )
    }
}
