import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage
import TestSupport
import Testing

/// Compares every kernel with plain Swift, for every instruction set of this processor.
@Suite(.enabled(if: !Sanitizer.isThread, Comment(rawValue: Sanitizer.isSlow))) struct KernelTests {
    static let sets = InstructionSet.allCases.filter { $0.rawValue <= InstructionSet.best.rawValue }
    /// Ranks on both sides of every tile and panel.
    static let ranks = [1, 2, 3, 7, 8, 10, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 96, 100, 127, 128, 129]

    private func floats(_ count: Int, _ random: inout SeededRandom) -> [Float] {
        (0..<count).map { _ in Float(random.normal()) }
    }

    /// Returns the largest difference, relative to the largest value.
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

    /// Uses small whole numbers, whose products are exact: the lists must be equal, ties included, in whatever order
    /// the rows are packed.
    @Test(arguments: sets, ranks)
    func theBestAreThoseOfASort(set: InstructionSet, rank: Int) {
        var random = SeededRandom(seed: UInt64(rank), stream: 13)
        for (rows, count, limit) in [(1, 1, 1), (1, 37, 10), (5, 64, 3), (9, 129, 40), (128, 70, 200), (3, 700, 2)] {
            let hasExtra = count % 2 == 1
            let depth = rank + (hasExtra ? 1 : 0)
            func small(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.below(7)) - 3 } }
            var wanted = small(rows * depth)
            if hasExtra { for row in 0..<rows { wanted[row * depth + rank] = 1 } }
            // Every second row of the factors, in random order.
            let ids = (0..<count).map { UInt32(2 * $0) }.shuffled(using: &random)
            let packed = Packed(small(2 * count * rank), hasExtra ? small(2 * count) : nil, ids, rank: rank)
            let words = (2 * count + 63) / 64
            let excluded = (0..<rows * words).map { _ in random.next() & random.next() }
            let lists = packed.best(set, of: wanted, rows, limit, excluded: excluded)
            for row in 0..<rows {
                func isWanted(_ id: UInt32) -> Bool {
                    excluded[row * words + Int(id) / 64] >> UInt64(id % 64) & 1 == 0
                }
                let own = Array(wanted[row * depth..<(row + 1) * depth])
                var all = ids.filter(isWanted).map { Scored(index: Int($0), score: packed.score($0, own)) }
                all.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
                #expect(lists[row] == Array(all.prefix(limit)))
            }
        }
    }

    /// Uses rows of different lengths, as those of items are: a search ended early by the bounds gives the same result
    /// as a full search, to the bit.
    @Test(arguments: sets, ranks)
    func boundsLoseNothing(set: InstructionSet, rank: Int) {
        var random = SeededRandom(seed: UInt64(rank), stream: 14)
        for (rows, count, limit, hasExtra) in [
            (1, 3000, 10, false), (11, 3000, 10, true), (40, 1000, 1, false), (1, 900, 900, true), (2, 500, 5, true),
        ] {
            var (factors, extra) = (floats(count * rank, &random), floats(count, &random))
            for row in 0..<count {
                let length = 1 / Float(1 + random.below(60))
                for place in row * rank..<(row + 1) * rank { factors[place] *= length }
            }
            // Some rows are equal, and some are zero.
            for row in 0..<count where row % 7 == 3 {
                for k in 0..<rank { factors[row * rank + k] = row % 2 == 0 ? 0 : factors[(row - 1) * rank + k] }
                extra[row] = extra[row - 1]
            }
            let depth = rank + (hasExtra ? 1 : 0)
            var wanted = floats(rows * depth, &random)
            if hasExtra { for row in 0..<rows { wanted[row * depth + rank] = 1 } }
            // Some rows point in the direction of a wanted row, so that their products equal the bound.
            for row in stride(from: 5, to: count, by: 11) {
                let scale = 1 / Float(1 + random.below(60))
                for k in 0..<rank { factors[row * rank + k] = scale * wanted[row % rows * depth + k] }
            }
            func length(_ id: UInt32) -> Float {
                factors[Int(id) * rank..<(Int(id) + 1) * rank].reduce(0) { $0 + $1 * $1 }
            }
            let ids = (0..<UInt32(count)).sorted { length($0) > length($1) }
            let packed = Packed(factors, hasExtra ? extra : nil, ids, rank: rank)
            let excluded = (0..<rows * ((count + 63) / 64)).map { _ in random.next() & random.next() & random.next() }
            let lists = packed.best(set, of: wanted, rows, limit, excluded: excluded)
            packed.bounds = packed.bounds.map { _ in sw_panel_bound(length: .infinity, extra: 0) }
            #expect(lists == packed.best(set, of: wanted, rows, limit, excluded: excluded))
        }
    }

    /// A row of NaN does not affect the bounds of later rows, and is in no list.
    @Test(arguments: sets)
    func whatIsNoNumberHidesNothing(set: InstructionSet) {
        var random = SeededRandom(seed: 1, stream: 15)
        let (rank, count) = (10, 200)
        var factors = floats(count * rank, &random)
        for place in 150 * rank..<151 * rank { factors[place] = .nan }
        let packed = Packed(factors, nil, (0..<UInt32(count)).map { $0 }, rank: rank)
        let list = packed.best(
            set, of: floats(rank, &random), 1, count, excluded: [UInt64](repeating: 0, count: 4))[0]
        #expect(list.count == count - 1 && !list.contains { $0.index == 150 })
        #expect(packed.bounds[4].length == .infinity && packed.bounds[5].length < 100)
    }
}

/// Rows packed for `sw_top`.
private final class Packed {
    let (factors, extra, ids, rank): ([Float], [Float]?, [UInt32], Int)
    var bounds: [sw_panel_bound]
    private let values: UnsafeMutableRawPointer

    init(_ factors: [Float], _ extra: [Float]?, _ ids: [UInt32], rank: Int) {
        (self.factors, self.extra, self.ids, self.rank) = (factors, extra, ids, rank)
        let depth = rank + (extra == nil ? 0 : 1)
        values = .allocate(byteCount: 4 * sw_packed_floats(depth, ids.count), alignment: 64)
        bounds = Array(repeating: sw_panel_bound(), count: (ids.count + Int(SW_PACKED) - 1) / Int(SW_PACKED))
        let output = values.assumingMemoryBound(to: Float.self)
        if let extra {
            sw_pack(rank, factors, extra, ids, ids.count, output)
            sw_pack_bounds(rank, factors, extra, ids, ids.count, &bounds)
        } else {
            sw_pack(rank, factors, nil, ids, ids.count, output)
            sw_pack_bounds(rank, factors, nil, ids, ids.count, &bounds)
        }
    }

    deinit { values.deallocate() }

    func score(_ id: UInt32, _ row: [Float]) -> Float {
        let other = factors[Int(id) * rank..<(Int(id) + 1) * rank] + (extra.map { [$0[Int(id)]] } ?? [])
        return zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func best(
        _ set: InstructionSet, of rows: [Float], _ rowCount: Int, _ limit: Int, excluded: [UInt64]
    ) -> [[Scored]] {
        let words = excluded.count / rowCount
        var bestIDs = [UInt32](repeating: 0, count: rowCount * limit)
        var bestScores = [Float](repeating: 0, count: rowCount * limit)
        var bestCounts = [Int](repeating: 0, count: rowCount)
        excluded.withUnsafeBufferPointer { excluded in
            ids.withUnsafeBufferPointer { ids in
                bounds.withUnsafeBufferPointer { bounds in
                    let places = (0..<rowCount).map { Optional(excluded.baseAddress! + $0 * words) }
                    var table = sw_packed(
                        depth: rank + (extra == nil ? 0 : 1), has_extra: extra == nil ? 0 : 1, count: ids.count,
                        values: values.assumingMemoryBound(to: Float.self), ids: ids.baseAddress!,
                        bounds: bounds.baseAddress!)
                    sw_top(
                        set.rawValue, &table, rows, rowCount, places, limit, &bestIDs, &bestScores, &bestCounts)
                }
            }
        }
        return (0..<rowCount).map { row in
            (row * limit..<row * limit + bestCounts[row]).map {
                Scored(index: Int(bestIDs[$0]), score: bestScores[$0])
            }
        }
    }
}

/// The kernels in plain Swift, in double precision.
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

    /// Forms the normal matrix, factors it as L L^T and solves the two triangular systems.
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
