import Foundation
import SimulationSupport

// swiftwater-simulation FIRST [COUNT]: runs so many seeds from FIRST on and prints each one's digest, or what went wrong.
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let first = arguments.first ?? 1
let count = arguments.dropFirst().first ?? 1
var failed = 0
for seed in first..<(first + count) {
    let outcome = Simulation(seed: seed).run()
    if !outcome.problems.isEmpty {
        failed += 1
        for problem in outcome.problems.prefix(5) { print("seed \(seed): \(problem)") }
    }
    if count == 1 { print("seed \(seed) digest \(outcome.digest) lives \(outcome.lives) batches \(outcome.batches)") }
}
if count > 1 { print("\(count) seeds, \(failed) failed") }
exit(failed > 0 ? 1 : 0)
