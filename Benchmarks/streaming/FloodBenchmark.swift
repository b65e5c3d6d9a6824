import Foundation
import Swiftwater

/// Many distinct tags in a long window: what a slide costs while they come and when nothing comes, with the orders and
/// the evidence of the server's page.
func benchmarkFlood(_ arguments: [String]) async throws {
    let isJSON = arguments.dropFirst().first != "plain"
    for (name, perSlide, slides) in [
        ("1,000,000 in 10 min", 3449, 290), ("300,000 at once", 300_000, 1), ("800,000 at once", 800_000, 1),
        ("20,000/s for 10 min", 40_000, 290),
    ] {
        try await flood(name, perSlide: perSlide, slides: slides, isJSON: isJSON)
    }
}

private func flood(_ name: String, perSlide: Int, slides: Int, isJSON: Bool) async throws {
    let context = try makeContext(.seconds(2), isStepped: true)
    var settings = TrendingSettings(window: .seconds(600), slide: .seconds(2))
    settings.additionalOrders = [.authors, .burst]
    var next = 0
    func batch(_ count: Int) -> RDD<Text> {
        let first = next
        next += count
        return RDD(context: context.engine, name: "posts", partitionCount: 2) { partition, sink in
            for number in first + partition * count / 2..<first + (partition + 1) * count / 2 {
                let text = "a post of some words and a tag #k\(number)"
                try sink(
                    Text(
                        isJSON
                            ? #"{"id":"\#(number)","created_at":"2026-01-01T00:00:00.000Z","author_id":"\#(number % 99_991)","text":"\#(text)"}"#
                            : text))
            }
        }
    }
    // Times of the posts do not matter: windows are by arrival. Nothing comes for ten slides; then keys leave as well.
    let counts = [Int](repeating: perSlide, count: slides) + [Int](repeating: 0, count: 20)
    let rows = Shared(0)
    context.queueStream(counts.map(batch)).trending(settings).forEachBatch { rdd, _ in
        for table in try rdd.collect() { rows.update { $0 += table.rows.count } }
    }
    try await context.start()
    var times: [Double] = []
    for _ in counts {
        let begin = now()
        try context.step()
        times.append(now() - begin)
    }
    try await context.stop()
    let (busy, idle, leaving) = (times.prefix(slides), times.dropFirst(slides).prefix(10), times.suffix(10))
    func milliseconds(_ values: some Collection<Double>, _ share: Double) -> Int {
        Int(percentile(Array(values), share) * 1000)
    }
    print(
        "flood \(isJSON ? "JSON" : "plain") \(name): a slide \(milliseconds(busy, 0.5)) ms (last third \(milliseconds(busy.suffix(max(1, slides / 3)), 0.5)), longest \(milliseconds(busy, 1))), an empty one \(milliseconds(idle, 0.5)) ms (longest \(milliseconds(idle, 1))), one that keys leave \(milliseconds(leaving, 0.5)) ms, \(rows.update { $0 }) rows, now \(currentMegabytes()) MB, peak \(peakMegabytes()) MB"
    )
}
