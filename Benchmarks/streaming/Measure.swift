import Foundation
import Logging
import Swiftwater
import Synchronization

/// What threads of a benchmark share.
final class Shared<Value>: Sendable {
    private let value: Mutex<Value>
    init(_ value: sending Value) { self.value = Mutex(value) }
    func update<Result>(_ body: (inout sending Value) -> sending Result) -> sending Result {
        value.withLock { body(&$0) }
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}

func makeContext(_ interval: Duration, master: String = "local[2]", isStepped: Bool = false) throws -> StreamingContext
{
    var logger = Logger(label: "bench", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    return StreamingContext(
        Context(master: try Master(parsing: master), appName: "bench", logger: logger), batchInterval: interval,
        settings: StreamSettings(firstBatchMaxBytes: 1 << 40, isStepped: isStepped))
}

/// Seconds since 1970.
func now() -> Double { SystemClock().instant().inSeconds }

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
func percentile(_ values: [Double], _ share: Double) -> Double {
    values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
}

func peakMegabytes() -> Int { megabytes("VmHWM") }
func currentMegabytes() -> Int { megabytes("VmRSS") }

private func megabytes(_ field: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
}

/// Numbers that look random and are the same in each run (SplitMix64).
struct BenchRandom: RandomNumberGenerator {
    private var state: UInt64
    /// The seed is mixed, since the state moves by a constant: neighboring seeds would give one sequence, shifted.
    init(_ seed: UInt64) { state = Self.mix(seed) }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The case study as the textbooks write it.
func classic(_ lines: DStream<Text>) -> DStream<(Text, Int)> {
    lines.flatMap { $0.split(separator: " ") }
        .filter { $0.hasPrefix("#") }
        .map { ($0.lowercased(), 1) }
        .reduceByKey(+)
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
}
