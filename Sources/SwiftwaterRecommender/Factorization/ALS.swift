import CSwiftwaterKernels
import SwiftwaterCore

/// Matrix factorization by alternating least squares.
///
/// With the item factors fixed, each user's factors are the solution of a small linear system, and vice versa:
///
///     for user u:   (sum over rated i of q_i q_i^T + lambda n_u I) p_u = sum over rated i of r_ui q_i
///
/// Each row is solved independently, so the model does not depend on the number of threads. An iteration solves all
/// users, then all items: O(ratings x rank^2 + (users + items) x rank^3).
public struct ALS: Sendable {
    /// The settings of the next fit.
    public var settings: ALSSettings

    /// What the next fit may use of the machine.
    public var resources: TrainingResources

    /// Creates a trainer.
    public init(_ settings: ALSSettings = ALSSettings(), resources: TrainingResources = TrainingResources()) {
        self.settings = settings
        self.resources = resources
    }

    /// The state of the training after an iteration.
    public struct Progress: Sendable {
        /// The number of the iteration, from 1.
        public let iteration: Int
        /// The current model. Nothing is copied until the next iteration changes it.
        public let model: MatrixFactorizationModel
    }

    /// Fits a model.
    ///
    /// - Parameters:
    ///   - start: a model to continue from: its factors are the initial ones, and users and items that it does not know
    ///     start as they would without it. On the same ratings with the same settings, k iterations and then n - k from
    ///     there give the model of n, bit for bit.
    ///   - cancellation: ends the training within the work of some tens of thousands of ratings, in the middle of an
    ///     iteration.
    ///   - onIteration: called after every iteration; an error it throws ends the training.
    ///   - ratings: the training data.
    /// - Throws: `invalidArgument` for settings that cannot work or without ratings; `limitExceeded` if memory would
    ///   not suffice; `numerical`, naming the user or item, if a system is singular; `CancellationError` if canceled.
    public func fit(
        _ ratings: Ratings, from start: MatrixFactorizationModel? = nil, cancellation: Cancellation? = nil,
        onIteration: ((Progress) throws -> Void)? = nil
    ) throws -> MatrixFactorizationModel {
        try settings.validate()
        try resources.validate()
        guard ratings.count > 0 else {
            throw SwiftwaterError(
                .invalidArgument, "no ratings to train on", remedy: "check the file and the split")
        }
        if settings.isImplicit, !ratings.values.contains(where: { $0 > 0 }) {
            throw SwiftwaterError(
                .invalidArgument, "none of the \(ratings.count) values is above 0, so that there is nothing to prefer",
                remedy: "implicit training takes counts of events; for ratings, train without it")
        }
        try settings.checkMemory(ratings, resources)
        let pool = WorkerPool(threads: resources.threads)
        var matrix = RatingMatrix(ratings, pool: pool)
        var model = MatrixFactorizationModel(
            ratings: ratings, matrix: matrix, settings: settings, instructionSet: resources.instructionSet)
        if settings.hasBiases {
            let biases = ModelBiases(matrix, mean: ratings.mean)
            model.biases = biases
            matrix = biases.residuals(matrix)
        }
        model.itemFactors = initialItemFactors(matrix, mean: ratings.mean, pool)
        try start.map { try model.takeFactors(of: $0) }
        for iteration in 1...settings.maxIterations {
            let before = settings.tolerance > 0 ? model.itemFactors : []
            try solve(matrix.byUser, from: model.itemFactors, into: &model.userFactors, pool, cancellation) {
                "user \(ratings.userIDs[$0])"
            }
            try solve(matrix.byItem, from: model.userFactors, into: &model.itemFactors, pool, cancellation) {
                "item \(ratings.itemIDs[$0])"
            }
            model.settings.maxIterations = (start?.settings.maxIterations ?? 0) + iteration
            try onIteration?(Progress(iteration: iteration, model: model))
            if settings.tolerance > 0, ALS.change(before, model.itemFactors) < settings.tolerance { break }
        }
        return model
    }

    /// Returns how far factors have moved, as a fraction of their length.
    private static func change(_ before: NumberColumn<Float>, _ after: NumberColumn<Float>) -> Double {
        var (difference, length) = (0.0, 0.0)
        before.withUnsafeBufferPointer { before in
            after.withUnsafeBufferPointer { after in
                for (old, new) in zip(before, after) {
                    difference += Double(new - old) * Double(new - old)
                    length += Double(old) * Double(old)
                }
            }
        }
        return length > 0 ? (difference / length).squareRoot() : .infinity
    }

    /// Returns the initial item factors.
    ///
    /// The first factor holds each item's mean rating, drawn toward the global mean (as though the item had a few more
    /// average ratings). The others are small random numbers. So the first half-step fits the residuals of the item
    /// means instead of finding the means themselves.
    private func initialItemFactors(_ matrix: RatingMatrix, mean: Double, _ pool: WorkerPool) -> NumberColumn<Float> {
        let (rank, rows, settings) = (settings.rank, matrix.byItem, settings)
        let scale = settings.isImplicit ? 0.1 : ALS.startScale
        var factors = [Float](largePagesOf: rows.rowCount * rank)
        let unit = max(abs(mean), 1e-6).squareRoot()
        // Each piece of 1,024 items has its own random stream, so the result does not depend on the threads.
        factors.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try? pool.run(count: (rows.rowCount + 1023) / 1024) { piece in
                var random = SeededRandom(seed: settings.seed, stream: 1024 + UInt64(piece))
                for item in piece * 1024..<min(rows.rowCount, (piece + 1) * 1024) {
                    for factor in 0..<rank {
                        output.value[item * rank + factor] = Float(random.normal() * scale * unit)
                    }
                    if settings.isImplicit || settings.hasBiases { continue }
                    var sum = 0.0
                    for entry in rows.range(of: item) { sum += Double(rows.values[entry]) }
                    let count = Double(rows.count(of: item))
                    output.value[item * rank] = Float((sum + 5 * mean) / (count + 5) / unit)
                }
            }
        }
        return NumberColumn(factors)
    }

    static let startScale = 0.1

    // MARK: Half-steps

    private func solve(
        _ rows: RatingMatrix.Rows, from fixed: NumberColumn<Float>, into solved: inout NumberColumn<Float>,
        _ pool: WorkerPool, _ cancellation: Cancellation?, nameOf: @escaping @Sendable (Int) -> String
    ) throws {
        let (settings, rank, instructionSet) = (settings, settings.rank, resources.instructionSet)
        let shared = settings.isImplicit ? RowSolver.gram(fixed, settings, instructionSet, pool) : nil
        let chunks = ALS.chunks(of: rows, rank: rank)
        try solved.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try pool.run(count: chunks.count) { chunk in
                try cancellation?.check()
                let solver = RowSolver(settings: settings, instructionSet: instructionSet, shared: shared)
                for row in chunks[chunk] where rows.count(of: row) > 0 {
                    let range = rows.range(of: row)
                    let isSolved = rows.columns.withUnsafeBufferPointer { columns in
                        rows.values.withUnsafeBufferPointer { values in
                            fixed.withUnsafeBufferPointer { fixed in
                                solver.solve(
                                    UnsafeBufferPointer(rebasing: columns[range]),
                                    UnsafeBufferPointer(rebasing: values[range]),
                                    following: columns.count - range.upperBound, fixed: fixed.baseAddress!,
                                    into: output.value.baseAddress! + row * rank)
                            }
                        }
                    }
                    guard isSolved else {
                        throw SwiftwaterError(
                            .numerical, "the system of \(nameOf(row)) is singular", remedy: settings.remedyIfSingular)
                    }
                }
            }
        }
    }

    /// Returns runs of rows with about as much work as 32,768 ratings.
    ///
    /// That is enough work to be worth a task, and the runs are the same for any number of threads. Solving a row of
    /// rank k costs about as much as k / 2 more ratings.
    static func chunks(of rows: RatingMatrix.Rows, rank: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var begin = 0
        for row in 0..<rows.rowCount
        where rows.starts[row + 1] - rows.starts[begin] + (row + 1 - begin) * (1 + rank / 2) >= 32768 {
            result.append(begin..<row + 1)
            begin = row + 1
        }
        if begin < rows.rowCount { result.append(begin..<rows.rowCount) }
        return result
    }
}

extension [Float] {
    /// Creates an array of zeros, in large pages if the system has some: rows of factors are read in random order.
    init(largePagesOf count: Int) {
        self.init(unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress { sw_advise_large_pages(base, count * MemoryLayout<Float>.stride) }
            buffer.initialize(repeating: 0)
            filled = count
        }
    }
}
