import Foundation
import Logging
import Swiftwater

/// From the socket to the output, at small batches.
func benchmarkLatency(_ arguments: [String]) async throws {
    let context = try makeContext(.milliseconds(Int64(arguments[2])!))
    let delays = Shared<[Double]>([])
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
    let all = delays.update { Array($0.dropFirst(200)) }
    print(
        "latency: p50 \(percentile(all, 0.5)) ms, p90 \(percentile(all, 0.9)), p99 \(percentile(all, 0.99)), most \(all.max()!), \(all.count) markers, peak \(peakMegabytes()) MB"
    )
}

/// Batches of 1 s from a socket: what each held and how long after its time it was done.
func benchmarkSocket(_ arguments: [String]) async throws {
    let context = try makeContext(.seconds(1))
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
}
