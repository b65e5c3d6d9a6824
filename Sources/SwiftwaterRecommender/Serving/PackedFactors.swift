import CSwiftwaterKernels
import SwiftwaterCore
import Synchronization

/// The factors of one side, packed for scoring many rows of the other.
///
/// A vector holds one component of many rows, the longest rows first, so that a search ends when the rest are too short
/// to be among the best. Holds copies of the wanted rows: 4 bytes x rank (with biases, rank + 1) per row.
final class PackedFactors: @unchecked Sendable {
    /// The maximum number of rows that can be scored at once.
    static let rowsMax = Int(SW_TOP_ROWS_MAX)

    /// The floats of a row to score: the rank, and with biases a trailing 1.
    let depth: Int
    private let hasBiases: Bool
    private let ids: [UInt32]
    private let idCount: Int
    private let packed: UnsafeMutableRawPointer
    private let bounds: [sw_panel_bound]
    private let instructionSet: InstructionSet

    /// Packs the wanted rows.
    ///
    /// - Parameters:
    ///   - biases: what is added to the score of each row; nil for nothing.
    ///   - isWanted: whether a row may be in a result.
    init(
        _ factors: NumberColumn<Float>, rank: Int, biases: [Float]?, instructionSet: InstructionSet,
        isWanted: (Int) -> Bool
    ) {
        idCount = factors.count / rank
        let ids = Self.order((0..<idCount).filter(isWanted).map(UInt32.init), factors, rank, biases)
        depth = rank + (biases == nil ? 0 : 1)
        hasBiases = biases != nil
        self.instructionSet = instructionSet
        packed = .allocate(byteCount: max(64, sw_packed_floats(depth, ids.count) * 4), alignment: 64)
        let output = packed.assumingMemoryBound(to: Float.self)
        let panels = (ids.count + Int(SW_PACKED) - 1) / Int(SW_PACKED)
        var bounds = [sw_panel_bound](repeating: sw_panel_bound(), count: panels)
        factors.withUnsafeBufferPointer { factors in
            guard let factors = factors.baseAddress else { return }
            if let biases {
                sw_pack(rank, factors, biases, ids, ids.count, output)
                sw_pack_bounds(rank, factors, biases, ids, ids.count, &bounds)
            } else {
                sw_pack(rank, factors, nil, ids, ids.count, output)
                sw_pack_bounds(rank, factors, nil, ids, ids.count, &bounds)
            }
        }
        (self.ids, self.bounds) = (ids, bounds)
    }

    /// Returns the ids by descending row length or, with biases, by descending score bound against a row of the mean
    /// length. Ties go to the lower id.
    private static func order(
        _ ids: [UInt32], _ factors: NumberColumn<Float>, _ rank: Int, _ biases: [Float]?
    ) -> [UInt32] {
        let lengths = factors.withUnsafeBufferPointer { factors in
            ids.map { id in
                var sum: Float = 0
                for place in Int(id) * rank..<(Int(id) + 1) * rank { sum += factors[place] * factors[place] }
                // NaN goes to the front.
                return sum.isNaN ? .infinity : sum.squareRoot()
            }
        }
        var keys = lengths
        if let biases, !ids.isEmpty {
            let mean = lengths.reduce(0, +) / Float(ids.count)
            keys = zip(ids, lengths).map { id, length in
                let key = mean * length + biases[Int(id)]
                return key.isNaN ? .infinity : key
            }
        }
        return ids.indices.sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }.map { ids[$0] }
    }

    deinit { packed.deallocate() }

    /// Returns the `limit` best for each of `count` rows, best first; ties go to the lower index.
    ///
    /// - Parameters:
    ///   - fill: writes row `r` (`depth` floats) to the given address.
    ///   - excluded: the indexes to leave out for row `r`.
    func best(
        count: Int, limit: Int, fill: (Int, UnsafeMutablePointer<Float>) -> Void,
        excluded: (Int) -> Slice<NumberColumn<UInt32>>
    ) -> [[Scored]] {
        precondition(count <= PackedFactors.rowsMax)
        let limit = min(limit, ids.count)
        guard limit > 0, count > 0 else { return [[Scored]](repeating: [], count: count) }
        var rows = [Float](repeating: 0, count: count * depth)
        rows.withUnsafeMutableBufferPointer { rows in
            for row in 0..<count { fill(row, rows.baseAddress! + row * depth) }
        }
        let words = (idCount + 63) / 64
        var bits = [UInt64](repeating: 0, count: count * words)
        for row in 0..<count { for id in excluded(row) { bits[row * words + Int(id >> 6)] |= 1 << UInt64(id & 63) } }
        var bestIDs = [UInt32](repeating: 0, count: count * limit)
        var bestScores = [Float](repeating: 0, count: count * limit)
        var bestCounts = [Int](repeating: 0, count: count)
        bits.withUnsafeBufferPointer { bits in
            let excluded = (0..<count).map { Optional(bits.baseAddress! + $0 * words) }
            ids.withUnsafeBufferPointer { ids in
                bounds.withUnsafeBufferPointer { bounds in
                    var table = sw_packed(
                        depth: depth, has_extra: hasBiases ? 1 : 0, count: ids.count,
                        values: packed.assumingMemoryBound(to: Float.self), ids: ids.baseAddress!,
                        bounds: bounds.baseAddress!)
                    sw_top(
                        instructionSet.rawValue, &table, rows, count, excluded, limit, &bestIDs, &bestScores,
                        &bestCounts)
                }
            }
        }
        return (0..<count).map { row in
            (row * limit..<row * limit + bestCounts[row]).map {
                Scored(index: Int(bestIDs[$0]), score: bestScores[$0])
            }
        }
    }
}

/// The packed factors of both sides of a model, made on first use.
final class ServingCache: Sendable, Equatable {
    private let sides = Mutex<(users: PackedFactors?, items: PackedFactors?)>((nil, nil))

    func users(of model: MatrixFactorizationModel) -> PackedFactors {
        sides.withLock { sides in
            let packed =
                sides.users
                ?? PackedFactors(
                    model.userFactors, rank: model.rank, biases: model.biases?.users,
                    instructionSet: model.instructionSet, isWanted: model.knows(userIndex:))
            sides.users = packed
            return packed
        }
    }

    func items(of model: MatrixFactorizationModel) -> PackedFactors {
        sides.withLock { sides in
            let packed =
                sides.items
                ?? PackedFactors(
                    model.itemFactors, rank: model.rank, biases: model.biases?.items,
                    instructionSet: model.instructionSet, isWanted: model.knows(itemIndex:))
            sides.items = packed
            return packed
        }
    }

    /// Always equal: a cache does not count in the equality of models.
    static func == (left: ServingCache, right: ServingCache) -> Bool { true }
}
