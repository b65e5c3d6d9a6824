import Foundation
import Logging
import Swiftwater

// swiftwater-bench files DIR        the classic program, words to the letter, over the files of a directory, as one batch
// swiftwater-bench trends DIR words|hashtags   the built-in counter over the files of a directory, as one batch
// swiftwater-bench posts DIR counts|words|authors|all [slides]   NDJSON by event time: tags of the entities; words of the texts; with authors, bursts,
//                                             samples and deletions. As one window, or in slides of 100 s (all always)
// swiftwater-bench keys                       what a post costs when there are 1,000 to 100 million distinct keys
// swiftwater-bench empty            what an empty batch costs
// swiftwater-bench window           a slide of a window of 60 batches against one of 2, where two batches hold every key
// swiftwater-bench distinct         memory while 10 million distinct keys pass through a window
// swiftwater-bench latency PORT MS  batches of MS milliseconds; markers "#zlatNANOSECONDS" on the socket say when they were sent
// swiftwater-bench socket PORT      1 s batches: what each held and how long after its time it was written
// swiftwater-bench socketlog PORT DIR   the same with the log on
// swiftwater-bench trendsocket PORT     the same with the built-in counter
let arguments = Array(CommandLine.arguments.dropFirst())

func makeContext(_ interval: Duration, master: String = "local[2]", isStepped: Bool = false) -> StreamingContext {
    var logger = Logger(label: "bench", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    var settings = StreamSettings()
    settings.firstBatchMaxBytes = 1 << 40
    settings.isStepped = isStepped
    return StreamingContext(
        Context(master: try! Master(parsing: master), appName: "bench", logger: logger), batchInterval: interval,
        settings: settings)
}

func now() -> Double { SystemClock().instant().inSeconds }

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
func percentile(_ values: [Double], _ share: Double) -> Double {
    values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
}

func peakMegabytes() -> Int { megabytes("VmHWM") }
func currentMegabytes() -> Int { megabytes("VmRSS") }

func megabytes(_ field: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
}

func classic(_ lines: DStream<Text>) -> DStream<(Text, Int)> {
    lines.flatMap { $0.split(separator: " ") }
        .filter { $0.hasPrefix("#") }
        .map { ($0.lowercased(), 1) }
        .reduceByKey(+)
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
}

switch arguments.first {
case "files":
    let folder = arguments[1]
    for round in 0..<4 {
        let context = makeContext(.milliseconds(100))
        let done = Monitor(false)
        let begin = Monitor(0.0)
        let lines = context.textFileStream(directory: folder, newFilesOnly: false)
        classic(lines.window(.milliseconds(200))).forEachBatch { rdd, time in
            let rows = try rdd.collect()
            guard !rows.isEmpty, !done.read({ $0 }) else { return }
            let seconds = now() - begin.read { $0 }
            print(
                "files round \(round): \(seconds) s, \(rows.count) tags, first \(rows[0])  peak \(peakMegabytes()) MB")
            done.update { $0 = true }
        }
        begin.update { $0 = now() }
        try await context.start()
        done.wait { $0 ? () : nil }
        try await context.stop()
    }
case "trends":
    let keys: TrendingSettings.Keys = arguments[2] == "words" ? .hashWords : .hashtags
    let settings = TrendingSettings(window: .milliseconds(20), keys: keys, recordsEvidence: false, limit: 0)
    for round in 0..<4 {
        let context = makeContext(.milliseconds(10))
        let done = Monitor(false)
        let begin = Monitor(0.0)
        context.textFileStream(directory: arguments[1], newFilesOnly: false).trending(settings).forEachTable { table in
            guard !table.rows.isEmpty, !done.read({ $0 }) else { return }
            let seconds = now() - begin.read { $0 }
            print(
                "trends \(arguments[2]) round \(round): \(seconds) s, \(table.rows.count) tags, first \(table.rows[0].key) \(table.rows[0].count)  peak \(peakMegabytes()) MB"
            )
            done.update { $0 = true }
        }
        begin.update { $0 = now() }
        try await context.start()
        done.wait { $0 ? () : nil }
        try await context.stop()
    }
case "posts":
    var settings = TrendingSettings()
    (settings.window, settings.usesEventTime, settings.limit) = (.seconds(3600), true, 10)
    let hasReasons = ["all", "authors"].contains(arguments[2])
    settings.recordsEvidence = hasReasons
    if arguments[2] == "words" { settings.keys = .words }
    settings.order = hasReasons ? .burst : .count
    if arguments[2] == "authors" { (settings.honorsDeletions, settings.samples) = (false, 0) }
    if hasReasons || arguments.count > 3 { (settings.window, settings.slide) = (.seconds(100), .seconds(100)) }
    for round in 0..<3 {
        let context = makeContext(.seconds(1), isStepped: true)
        let archive = try ArchiveSource([arguments[1]])
        let isLast = Monitor(false)
        let posts = Monitor(0)
        context.archiveTextStream(archive).trending(settings, isLast: { isLast.read { $0 } }).forEachBatch { rdd, _ in
            for table in try rdd.collect() { posts.update { $0 += table.posts } }
        }
        try await context.start()
        let begin = now()
        while !archive.isAtEnd { try context.step() }
        isLast.update { $0 = true }
        try context.step()
        print(
            "posts \(arguments[2]) round \(round): \(now() - begin) s, \(posts.read { $0 }) posts, peak \(peakMegabytes()) MB"
        )
        try await context.stop()
    }
case "keys":
    for distinct in [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] {
        let (posts, perBatch) = (4_000_000, 500_000)
        let context = makeContext(.seconds(1), isStepped: true)
        var settings = TrendingSettings()
        (settings.window, settings.slide, settings.keysMax) = (.seconds(2), .seconds(1), 200_000)
        (settings.recordsEvidence, settings.limit) = (false, 10)
        let batches = (0..<posts / perBatch).map { batch in
            RDD(context: context.engine, name: "posts", partitionCount: 4) { partition, sink in
                var random = SeededRandom(seed: 9, stream: UInt64(batch * 4 + partition))
                for _ in 0..<perBatch / 4 {
                    try sink(Text("a post of some words and a tag #k\(random.below(distinct))"))
                }
            }
        }
        let widest = Monitor(0)
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
            "keys: \(distinct) distinct: \(Int(seconds * 1e9) / posts) ns a post, widest bound \(widest.read { $0 }), now \(currentMegabytes()) MB, peak so far \(peakMegabytes()) MB"
        )
    }
case "empty":
    let context = makeContext(.milliseconds(5))
    let costs = Monitor<[Double]>([])
    let source = context.queueStream([[Text]]())
    classic(source.window(.milliseconds(20))).forEachBatch { rdd, _ in _ = try rdd.take(10) }
    context.onBatchCompleted { batch in costs.update { $0.append(batch.totalDelay.inSeconds * 1000) } }
    try await context.start()
    try await Task.sleep(for: .seconds(5))
    try await context.stop()
    let all = costs.read { Array($0.dropFirst(50)) }
    print("empty batch, batch time to done: median \(median(all)) ms, p99 \(percentile(all, 0.99)) ms")
case "window":
    for batches in [2, 60] {
        let context = makeContext(.milliseconds(1000), isStepped: true)
        let keys = 100_000
        let costs = Monitor<[Double]>([])
        var random = SeededRandom(seed: 1)
        let pairs = (0..<2).map { _ in (0..<keys).map { _ in (Text("#key\(random.below(keys))"), 1) } }
        let rdds = pairs.map { context.engine.parallelize($0).persist() }
        let counts = context.queueStream((0..<200).map { rdds[$0 % 2] })
            .window(.seconds(batches)).reduceByKey(+)
        counts.forEachBatch { rdd, _ in _ = try rdd.count() }
        context.onBatchCompleted { batch in costs.update { $0.append(batch.processingTime.inSeconds * 1000) } }
        try await context.start()
        for _ in 0..<190 { try context.step() }
        try await context.stop()
        let all = costs.read { Array($0.suffix(120)) }
        print("window of \(batches): \(median(all)) ms a slide, mean \(all.reduce(0, +) / 120), most \(all.max()!)")
    }
case "distinct":
    for inverse in [false, true] {
        let context = makeContext(.milliseconds(1000), isStepped: true)
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
case "latency":
    let context = makeContext(.milliseconds(Int64(arguments[2])!))
    let delays = Monitor<[Double]>([])
    classic(context.socketTextStream(host: "127.0.0.1", port: Int(arguments[1])!)).forEachBatch { rdd, _ in
        let rows = try rdd.collect()
        let now = SystemClock().instant()
        for row in rows where row.0.hasPrefix("#zlat") {
            guard let sent = Int64(String(row.0).dropFirst(5)) else { continue }
            delays.update { $0.append((now - .nanoseconds(sent)).inSeconds * 1000) }
        }
    }
    try await context.start()
    try await Task.sleep(for: .seconds(20))
    try await context.stop()
    let all = delays.read { Array($0.dropFirst(200)) }
    print(
        "latency: p50 \(percentile(all, 0.5)) ms, p90 \(percentile(all, 0.9)), p99 \(percentile(all, 0.99)), most \(all.max()!), \(all.count) markers, peak \(peakMegabytes()) MB"
    )
case "socket", "socketlog", "trendsocket":
    let context = makeContext(.seconds(1))
    if arguments[0] == "socketlog" { context.checkpoint(arguments[2]) }
    let posts = context.socketTextStream(host: "127.0.0.1", port: Int(arguments[1])!).named("posts")
    if arguments[0] == "trendsocket" {
        let settings = TrendingSettings(window: .seconds(1), keys: .hashWords, recordsEvidence: false, limit: 0)
        posts.trending(settings).forEachTable(name: "out") { _ in }
    } else {
        classic(posts).forEachBatch(name: "out") { rdd, _ in _ = try rdd.collect() }
    }
    context.onBatchCompleted { batch in
        print(
            "batch \(batch.size.records) posts, lag \(Int(batch.totalDelay.inSeconds * 1000)) ms, peak \(peakMegabytes()) MB"
        )
    }
    try await context.start()
    try await Task.sleep(for: .seconds(Int64(arguments.last ?? "") ?? 15))
    try await context.stop()
default:
    print("see Benchmarks/streaming/main.swift")
}
