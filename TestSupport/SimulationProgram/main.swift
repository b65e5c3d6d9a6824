import Foundation
import SimulationSupport

// swiftwater-simulation FIRST [COUNT]: runs COUNT seeds starting at FIRST and prints what went wrong, at once, and
// after each thousand how many have run.
// swiftwater-simulation SEED [--trace]: runs one seed and prints its digest; with --trace, also every event.
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let first = arguments.first ?? 1
let count = arguments.dropFirst().first ?? 1
var failed = 0
var (damages, refusals) = (0, 0)
for seed in first..<(first + count) {
    let isTraced = CommandLine.arguments.contains("--trace")
    let outcome = Simulation(seed: seed, trace: isTraced ? { print($0) } : nil).run()
    let live = LiveSimulation(seed: seed).run()
    let stored = Simulation(seed: seed, isStored: true, trace: isTraced ? { print("store: " + $0) } : nil).run()
    let problems = outcome.problems + live.problems + stored.problems.map { "in a store: " + $0 }
    (damages, refusals) = (damages + outcome.damages + live.damages, refusals + outcome.refusals + live.refusals)
    if !problems.isEmpty {
        failed += 1
        for problem in problems.prefix(5) { print("seed \(seed): \(problem)") }
    }
    if count > 1, (seed + 1 - first) % 1_000 == 0 { print("\(seed + 1 - first) seeds have run, \(failed) failed") }
    if count == 1 { print("seed \(seed) digest \(outcome.digest) lives \(outcome.lives) batches \(outcome.batches)") }
    fflush(nil)
}
if count > 1 {
    print("\(count) seeds, \(failed) failed; \(damages) times files were damaged, \(refusals) starts refused them")
}
exit(failed > 0 ? 1 : 0)
