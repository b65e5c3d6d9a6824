import CSwiftwaterKernels
import SwiftwaterCore

/// Solves the systems of rows, one at a time, on one thread. Owns the scratch memory of the kernels.
final class RowSolver {
    private let settings: ALSSettings
    private let instructionSet: InstructionSet
    /// For implicit feedback: the sum of q q^T over all rows of the other side.
    private let shared: [Float]?
    private let scratch: UnsafeMutableRawPointer
    private let scratchBytes: Int
    /// For implicit feedback: a row's weights, then its targets.
    private var confidences: UnsafeMutablePointer<Float>
    private var confidenceCount = 0

    init(settings: ALSSettings, instructionSet: InstructionSet, shared: [Float]?) {
        self.settings = settings
        self.instructionSet = instructionSet
        self.shared = shared
        scratchBytes = sw_als_scratch_floats(settings.rank) * MemoryLayout<Float>.stride
        scratch = ScratchPool.shared.take(bytes: scratchBytes)
        confidences = .allocate(capacity: 1)
    }

    deinit {
        ScratchPool.shared.give(scratch, bytes: scratchBytes)
        confidences.deallocate()
    }

    /// Writes the factors of a row with these ratings to `solution` (`rank` floats).
    ///
    /// Iterative solvers start from the previous value of `solution`.
    ///
    /// - Parameters:
    ///   - columns: rows of `fixed`, one for each value.
    ///   - following: the number of columns of later rows that follow these in memory.
    ///   - fixed: the other side's factors.
    /// - Returns: false if the system is singular.
    func solve(
        _ columns: UnsafeBufferPointer<UInt32>, _ values: UnsafeBufferPointer<Float>, following: Int = 0,
        fixed: UnsafePointer<Float>, into solution: UnsafeMutablePointer<Float>
    ) -> Bool {
        let lambda = Float(settings.regularization * Double(columns.count))
        guard settings.isImplicit else {
            return call(columns, following, nil, values.baseAddress!, lambda, fixed, solution)
        }
        // The weight is alpha |r|, as the shared part has weight 1; the target is confidence times preference.
        let (alpha, count) = (Float(settings.alpha), values.count)
        if count > confidenceCount {
            confidences.deallocate()
            confidences = .allocate(capacity: 2 * count)
            confidenceCount = count
        }
        let (weights, targets) = (confidences, confidences + count)
        var liked = 0
        for index in 0..<count {
            let value = values[index]
            weights[index] = alpha * abs(value)
            targets[index] = value > 0 ? 1 + alpha * value : 0
            liked += value > 0 ? 1 : 0
        }
        return call(
            columns, following, weights, targets, Float(settings.regularization * Double(liked)), fixed, solution)
    }

    /// Returns the sum of q q^T over all rows, in double precision, in fixed pieces that are added in order.
    static func gram(
        _ factors: NumberColumn<Float>, _ settings: ALSSettings, _ instructionSet: InstructionSet, _ pool: WorkerPool
    ) -> [Float] {
        let rank = settings.rank
        let rows = factors.count / rank
        let pieces = (rows + 4095) / 4096
        var partial = [Double](repeating: 0, count: pieces * rank * rank)
        partial.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try? pool.run(count: pieces) { piece in
                let solver = RowSolver(settings: settings, instructionSet: instructionSet, shared: nil)
                factors.withUnsafeBufferPointer { factors in
                    sw_gram(
                        instructionSet.rawValue, rank, factors.baseAddress! + piece * 4096 * rank,
                        min(4096, rows - piece * 4096), solver.scratch.assumingMemoryBound(to: Float.self),
                        output.value.baseAddress! + piece * rank * rank)
                }
            }
        }
        return (0..<rank * rank).map { cell in
            Float((0..<pieces).reduce(0.0) { $0 + partial[$1 * rank * rank + cell] })
        }
    }

    private func call(
        _ columns: UnsafeBufferPointer<UInt32>, _ following: Int, _ weights: UnsafePointer<Float>?,
        _ targets: UnsafePointer<Float>, _ lambda: Float, _ fixed: UnsafePointer<Float>,
        _ solution: UnsafeMutablePointer<Float>
    ) -> Bool {
        func solve(_ shared: UnsafePointer<Float>?) -> Bool {
            sw_als_solve_row(
                instructionSet.rawValue, settings.solver.rawValue, settings.rank, fixed, columns.baseAddress!,
                weights, targets, columns.count, columns.count + following, lambda, shared,
                scratch.assumingMemoryBound(to: Float.self), solution)
                == 0
        }
        guard let shared else { return solve(nil) }
        return shared.withUnsafeBufferPointer { solve($0.baseAddress) }
    }
}
