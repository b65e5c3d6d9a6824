import Foundation
import SimulationSupport
import TestSupport
import Testing

@Suite struct SimulationTests {
    /// The number of seeds: `SWIFTWATER_SEEDS`, or 500 by default.
    static let seeds: Int = ProcessInfo.processInfo.environment["SWIFTWATER_SEEDS"].flatMap { Int($0) } ?? 500

    @Test(arguments: 0..<10)
    func nothingIsLostOrDoubledWhateverFails(part: Int) {
        var (damages, refusals) = (0, 0)
        for seed in (Self.seeds * part / 10)..<(Self.seeds * (part + 1) / 10) {
            let outcome = Simulation(seed: UInt64(seed)).run()
            #expect(outcome.problems.isEmpty, "seed \(seed): replay it with swiftwater-simulation \(seed)")
            (damages, refusals) = (damages + outcome.damages, refusals + outcome.refusals)
        }
        // A few seeds, as under a sanitizer, may have none.
        #expect(Self.seeds < 500 || damages > Self.seeds / 50 && refusals > 0)
    }

    /// Seeds that failed once. A damaged newest checkpoint was counted among those that keep records of the log, and
    /// the one that took its place was removed with it; torn records stayed in the log, before those that followed.
    @Test(arguments: [553, 2456, 2768, 6697, 6799, 7432, 8534, 9116, 14393, 16433, 17969, 18287])
    func whatFailedOncePasses(seed: Int) {
        #expect(Simulation(seed: UInt64(seed)).run().problems.isEmpty)
    }

    /// A log, checkpoints and sinks in a store that fails, applies what it reports as failed, and lists late. Each life
    /// is a driver on another machine; those before it sleep, and may wake up.
    @Test(arguments: 0..<10)
    func aStoreLosesNothingWhateverFails(part: Int) {
        for seed in (Self.seeds * part / 10)..<(Self.seeds * (part + 1) / 10) {
            let outcome = Simulation(seed: UInt64(seed), isStored: true).run()
            #expect(outcome.problems.isEmpty, "seed \(seed): replay it with swiftwater-simulation \(seed)")
        }
    }

    /// Ratings, forget requests, trainings and new models, on a disk that stops in the middle of any of them.
    @Test(arguments: 0..<10)
    func aModelIsWholeWhereverTheMachineStops(part: Int) {
        var crashes = 0
        var refusals = 0
        for seed in (Self.seeds * part / 10)..<(Self.seeds * (part + 1) / 10) {
            let outcome = LiveSimulation(seed: UInt64(seed)).run()
            #expect(outcome.problems.isEmpty, "seed \(seed): replay it with swiftwater-simulation \(seed)")
            crashes += outcome.crashesWithinReplacement
            refusals += outcome.refusals
            if seed % 50 == 0 {
                #expect(LiveSimulation(seed: UInt64(seed)).run().digest == outcome.digest, "seed \(seed)")
            }
        }
        // Some crashes do happen while a model is written.
        #expect(Self.seeds < 500 || crashes > Self.seeds / 100 && refusals > 0)
    }

    /// A seed determines everything: in this process, again, and in another process.
    @Test(.enabled(if: !Sanitizer.isAddress, Comment(rawValue: Sanitizer.startsProgram)), arguments: [3, 17, 40])
    func aSeedReplaysExactly(seed: Int) throws {
        let first = Simulation(seed: UInt64(seed)).run()
        #expect(Simulation(seed: UInt64(seed)).run() == first)
        let other = try Program(["\(seed)"], program: "swiftwater-simulation").wait()
        #expect(other.output.hasPrefix("seed \(seed) digest \(first.digest) lives \(first.lives)"))
        #expect(first.lives > 1)
    }
}
