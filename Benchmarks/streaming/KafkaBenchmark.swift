import Foundation
import Swiftwater

/// The classic program over a topic, from the start of the program until a number of posts is counted.
func benchmarkKafka(_ arguments: [String]) async throws {
    let begin = now()
    let (brokers, wanted) = (arguments[1], Int(arguments[2])!)
    let context = try makeContext(.milliseconds(500))
    let posts = try context.kafkaTextStream("kafka://\(brokers)/posts?start=earliest")
    let (counted, batches) = (Shared(0), Shared(0))
    classic(posts).forEachBatch(name: "out") { rdd, _ in
        let tags = try rdd.collect().reduce(0) { $0 + $1.1 }
        counted.update { $0 += tags }
        if tags > 0 { batches.update { $0 += 1 } }
    }
    try await context.start()
    let deadline = now() + 120
    while counted.update({ $0 }) < wanted, now() < deadline { try await Task.sleep(for: .milliseconds(5)) }
    let length = now() - begin
    let count = counted.update { $0 }
    print(
        "swiftwater, closures: \(Int(Double(count) / length)) messages/s (\(count) of \(wanted) in "
            + "\(String(format: "%.2f", length)) s, \(batches.update { $0 }) batches, peak \(peakMegabytes()) MB)")
    try await context.stop()
}
