import Foundation
import SimulationSupport
import TestSupport
import Testing

@Suite struct SimulationTests {
    /// 500 seeds here, as many as `SWIFTWATER_SEEDS` says where that is set.
    static let seeds: Int = ProcessInfo.processInfo.environment["SWIFTWATER_SEEDS"].flatMap { Int($0) } ?? 500

    @Test(arguments: 0..<10)
    func nothingIsLostOrDoubledWhateverFails(part: Int) {
        for seed in (Self.seeds * part / 10)..<(Self.seeds * (part + 1) / 10) {
            let outcome = Simulation(seed: UInt64(seed)).run()
            #expect(outcome.problems.isEmpty, "seed \(seed): replay it with swiftwater-simulation \(seed)")
        }
    }

    /// A seed says everything: in this process, again, and in another.
    @Test(arguments: [3, 17, 40])
    func aSeedReplaysExactly(seed: Int) throws {
        let first = Simulation(seed: UInt64(seed)).run()
        #expect(Simulation(seed: UInt64(seed)).run() == first)
        let other = try Program(["\(seed)"], program: "swiftwater-simulation").wait()
        #expect(other.output.hasPrefix("seed \(seed) digest \(first.digest) lives \(first.lives)"))
        #expect(first.lives > 1)
    }
}
