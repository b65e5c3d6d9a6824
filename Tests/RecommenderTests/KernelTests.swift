import CSwiftwaterKernels
import Swiftwater
import Testing

/// Every kernel beside the plainest Swift that says the same, for every instruction set that this processor has.
@Suite struct KernelTests {
    static let sets = InstructionSet.allCases.filter { $0.rawValue <= InstructionSet.best.rawValue }
    /// Ranks on both sides of every tile and panel.
    static let ranks = [1, 2, 3, 7, 8, 10, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 96, 100, 127, 128, 129]

    private func floats(_ count: Int, _ random: inout SeededRandom) -> [Float] {
        (0..<count).map { _ in Float(random.normal()) }
    }

    /// The largest difference, as a part of the largest value.
    private func difference(_ left: [Float], _ right: [Double]) -> Double {
        let scale = right.map(abs).max() ?? 0
        return zip(left, right).map { abs(Double($0) - $1) }.max()! / max(scale, 1e-6)
    }

    @Test(arguments: sets, ranks)
    func rowsAreSolvedAsTheReferenceDoes(set: InstructionSet, rank: Int) {
        var random = SeededRandom(seed: UInt64(rank), stream: 11)
        let rows = 300
        let factors = floats(rows * rank, &random)
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: sw_als_scratch_floats(rank) + 16)
        defer { scratch.deallocate() }
        let aligned = UnsafeMutablePointer<Float>(
            bitPattern: (UInt(bitPattern: scratch) + 63) / 64 * 64)!
        for count in [1, 2, 5, 16, 33, 64, 130, 300] {
            let columns = (0..<count).map { _ in UInt32(random.below(rows)) }
            let targets = floats(count, &random)
            for weights in [nil, (0..<count).map { _ in Float(random.uniform() + 0.1) }] {
                for usesShared in [false, true] {
                    let shared = usesShared ? Reference.gram(factors, rank).map { Float($0) } : nil
                    aligned.update(repeating: 0, count: sw_als_scratch_floats(rank))
                    var solution = [Float](repeating: 0, count: rank)
                    let status = sw_als_solve_row(
                        set.rawValue, Int32(SW_SOLVE_CHOLESKY), rank, factors, columns, weights, targets,
                        count, count, 0.7 * Float(count), shared, aligned, &solution)
                    let expected = Reference.solve(
                        factors, rank, columns, weights, targets, lambda: 0.7 * Double(count), shared: shared)
                    #expect(status == 0)
                    #expect(
                        difference(solution, expected) < 2e-4,
                        "count \(count) weights \(weights != nil) shared \(usesShared)")
                }
            }
        }
    }

    @Test(arguments: sets, ranks)
    func productsAreThoseOfTheReference(set: InstructionSet, rank: Int) {
        var random = SeededRandom(seed: UInt64(rank), stream: 12)
        let rows = 150
        let (factors, row) = (floats(rows * rank, &random), floats(rank, &random))
        let expected = (0..<rows).map { Reference.dot(row, 0, factors, $0, rank) }
        var scores = [Float](repeating: 0, count: rows)
        sw_scores(set.rawValue, rank, row, factors, rows, &scores)
        #expect(difference(scores, expected) < 1e-5)
        #expect(abs(Double(sw_dot(row, factors, rank)) - expected[0]) < 1e-4)
        let size = sw_als_scratch_floats(rank)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: size * 4, alignment: 64)
        defer { scratch.deallocate() }
        scratch.initializeMemory(as: UInt8.self, repeating: 0, count: size * 4)
        var gram = [Double](repeating: 0, count: rank * rank)
        sw_gram(set.rawValue, rank, factors, rows, scratch.assumingMemoryBound(to: Float.self), &gram)
        #expect(difference(gram.map { Float($0) }, Reference.gram(factors, rank)) < 1e-5)
    }

    /// Small whole numbers, whose products are exact: the lists must be equal, ties and all.
    @Test(arguments: sets, ranks)
    func theBestAreThoseOfASort(set: InstructionSet, rank: Int) {
        var random = SeededRandom(seed: UInt64(rank), stream: 13)
        for (rows, count, limit) in [(1, 1, 1), (1, 37, 10), (5, 64, 3), (9, 129, 40), (128, 70, 200)] {
            let depth = rank + 1
            func small(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.below(7)) - 3 } }
            let (factors, extra, wanted) = (small(2 * count * rank), small(2 * count), small(rows * depth))
            // Every second row of the factors.
            let ids = (0..<count).map { UInt32(2 * $0) }
            let packed = UnsafeMutableRawPointer.allocate(
                byteCount: max(64, 4 * sw_packed_floats(depth, count)), alignment: 64)
            defer { packed.deallocate() }
            sw_pack(rank, factors, extra, ids, count, packed.assumingMemoryBound(to: Float.self))
            let words = (2 * count + 63) / 64
            let excluded = (0..<rows * words).map { _ in random.next() & random.next() }
            var bestIDs = [UInt32](repeating: 0, count: rows * limit)
            var bestScores = [Float](repeating: 0, count: rows * limit)
            var bestCounts = [Int](repeating: 0, count: rows)
            excluded.withUnsafeBufferPointer { excluded in
                let places = (0..<rows).map { Optional(excluded.baseAddress! + $0 * words) }
                sw_top(
                    set.rawValue, depth, wanted, rows, packed.assumingMemoryBound(to: Float.self), ids, count, places,
                    limit, &bestIDs, &bestScores, &bestCounts)
            }
            for row in 0..<rows {
                func isWanted(_ id: UInt32) -> Bool {
                    excluded[row * words + Int(id) / 64] >> UInt64(id % 64) & 1 == 0
                }
                func score(_ id: UInt32) -> Float {
                    let own = wanted[row * depth..<(row + 1) * depth]
                    let other = factors[Int(id) * rank..<(Int(id) + 1) * rank] + [extra[Int(id)]]
                    return zip(own, other).reduce(0) { $0 + $1.0 * $1.1 }
                }
                var all = ids.filter(isWanted).map { (id: $0, score: score($0)) }
                all.sort { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
                all = Array(all.prefix(limit))
                #expect(bestCounts[row] == all.count)
                let range = row * limit..<row * limit + bestCounts[row]
                #expect(Array(bestIDs[range]) == all.map { $0.id } && Array(bestScores[range]) == all.map { $0.score })
            }
        }
    }
}

/// The kernels in the plainest Swift, in double precision.
private enum Reference {
    static func dot(_ left: [Float], _ row: Int, _ right: [Float], _ other: Int, _ rank: Int) -> Double {
        (0..<rank).reduce(0.0) { $0 + Double(left[row * rank + $1]) * Double(right[other * rank + $1]) }
    }

    static func gram(_ factors: [Float], _ rank: Int) -> [Double] {
        var sum = [Double](repeating: 0, count: rank * rank)
        for row in 0..<factors.count / rank {
            for a in 0..<rank {
                for b in 0..<rank {
                    sum[a * rank + b] += Double(factors[row * rank + a]) * Double(factors[row * rank + b])
                }
            }
        }
        return sum
    }

    /// Forms the normal matrix, factors it as L L^T and solves twice.
    static func solve(
        _ factors: [Float], _ rank: Int, _ columns: [UInt32], _ weights: [Float]?, _ targets: [Float], lambda: Double,
        shared: [Float]?
    ) -> [Double] {
        var matrix = shared.map { $0.map(Double.init) } ?? [Double](repeating: 0, count: rank * rank)
        var right = [Double](repeating: 0, count: rank)
        for a in 0..<rank { matrix[a * rank + a] += lambda }
        for (index, column) in columns.enumerated() {
            let row = Int(column) * rank
            let weight = weights.map { Double($0[index]) } ?? 1
            for a in 0..<rank {
                right[a] += Double(targets[index]) * Double(factors[row + a])
                for b in 0...a { matrix[a * rank + b] += weight * Double(factors[row + a]) * Double(factors[row + b]) }
            }
        }
        for column in 0..<rank {
            for k in 0..<column {
                matrix[column * rank + column] -= matrix[column * rank + k] * matrix[column * rank + k]
            }
            matrix[column * rank + column] = matrix[column * rank + column].squareRoot()
            for row in column + 1..<max(column + 1, rank) {
                for k in 0..<column {
                    matrix[row * rank + column] -= matrix[row * rank + k] * matrix[column * rank + k]
                }
                matrix[row * rank + column] /= matrix[column * rank + column]
            }
        }
        for row in 0..<rank {
            for k in 0..<row { right[row] -= matrix[row * rank + k] * right[k] }
            right[row] /= matrix[row * rank + row]
        }
        for row in (0..<rank).reversed() {
            for k in row + 1..<max(row + 1, rank) { right[row] -= matrix[k * rank + row] * right[k] }
            right[row] /= matrix[row * rank + row]
        }
        return right
    }
}
