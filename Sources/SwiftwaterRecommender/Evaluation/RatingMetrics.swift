import SwiftwaterCore

/// Anything that predicts ratings: a factor model or a neighbourhood.
public protocol RatingPredictor: Sendable {
    /// Predictions for rows of ratings, in their order; nil where the user or the item is unknown to the model. The rows'
    /// indexes are those of the ratings' own tables of ids.
    func predictions(for ratings: Ratings, threads: Int) -> [Float?]
}

/// How far predictions are from ratings. Rows that could not be predicted are left out (`coldStartStrategy` drop in Spark)
/// and counted.
public struct RatingMetrics: Sendable, Equatable {
    /// Root of the mean squared error.
    public let rmse: Double
    public let mse: Double
    /// Mean absolute error.
    public let mae: Double
    /// 1 - sum of squared errors / sum of squared deviations from the mean rating.
    public let r2: Double
    public let evaluated: Int
    public let unknown: Int

    /// - Returns: nil where no row could be predicted.
    public init?(predictions: [Float?], ratings: [Float]) {
        var sums = ErrorSums()
        for (prediction, rating) in zip(predictions, ratings) { sums.add(prediction, rating) }
        self.init(sums)
    }

    init?(_ sums: ErrorSums) {
        guard sums.count > 0 else { return nil }
        let count = Double(sums.count)
        mse = sums.squares / count
        rmse = mse.squareRoot()
        mae = sums.absolutes / count
        let deviation = sums.sumOfSquares - sums.sum * sums.sum / count
        r2 = deviation > 0 ? 1 - sums.squares / deviation : 0
        evaluated = sums.count
        unknown = sums.unknown
    }
}

/// What the metrics are made of, for some rows.
struct ErrorSums: Sendable {
    var (squares, absolutes, sum, sumOfSquares) = (0.0, 0.0, 0.0, 0.0)
    var (count, unknown) = (0, 0)

    mutating func add(_ prediction: Float?, _ rating: Float) {
        guard let prediction else {
            unknown += 1
            return
        }
        let error = Double(prediction) - Double(rating)
        squares += error * error
        absolutes += abs(error)
        sum += Double(rating)
        sumOfSquares += Double(rating) * Double(rating)
        count += 1
    }

    mutating func add(_ other: ErrorSums) {
        squares += other.squares
        absolutes += other.absolutes
        sum += other.sum
        sumOfSquares += other.sumOfSquares
        count += other.count
        unknown += other.unknown
    }
}

extension RatingPredictor {
    /// Predicts every row and compares.
    ///
    /// - Throws: `invalidArgument` where no row could be predicted.
    public func evaluate(on ratings: Ratings, threads: Int = WorkerPool.coreCount) throws -> RatingMetrics {
        guard
            let metrics = RatingMetrics(
                predictions: predictions(for: ratings, threads: threads), ratings: ratings.values)
        else {
            throw Self.nothingKnown(ratings.count)
        }
        return metrics
    }

    static func nothingKnown(_ rows: Int) -> SwiftwaterError {
        SwiftwaterError(
            .invalidArgument, "none of the \(rows) rows has a user and an item that the model knows",
            remedy: "evaluate on ratings of the users and items that the model was trained on")
    }
}

extension MatrixFactorizationModel: RatingPredictor {
    public func predictions(for ratings: Ratings, threads: Int) -> [Float?] {
        var result = [Float?](repeating: nil, count: ratings.count)
        result.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            forEachPrediction(for: ratings, threads: threads) { _, row, prediction in
                output.value[row] = prediction
            }
        }
        return result
    }

    /// As any predictor's, without a list of all predictions. The sums are taken in pieces of fixed size and added in their order.
    public func evaluate(on ratings: Ratings, threads: Int = WorkerPool.coreCount) throws -> RatingMetrics {
        var pieces = [ErrorSums](repeating: ErrorSums(), count: Self.pieces(ratings.count))
        pieces.withUnsafeMutableBufferPointer { pieces in
            let pieces = UncheckedSendable(pieces)
            forEachPrediction(for: ratings, threads: threads) { piece, row, prediction in
                pieces.value[piece].add(prediction, ratings.values[row])
            }
        }
        var sums = ErrorSums()
        for piece in pieces { sums.add(piece) }
        guard let metrics = RatingMetrics(sums) else { throw Self.nothingKnown(ratings.count) }
        return metrics
    }

    private static let pieceRows = 65536
    private static func pieces(_ rows: Int) -> Int { (rows + pieceRows - 1) / pieceRows }

    /// Calls `body` for every row, on all threads, in order within each piece of rows.
    private func forEachPrediction(
        for ratings: Ratings, threads: Int,
        _ body: @escaping @Sendable (_ piece: Int, _ row: Int, _ prediction: Float?) -> Void
    ) {
        let users = IndexMap(from: ratings.userIDs, to: userIDs)
        let items = IndexMap(from: ratings.itemIDs, to: itemIDs)
        try? WorkerPool(threads: threads).run(count: Self.pieces(ratings.count)) { piece in
            for row in piece * Self.pieceRows..<min(ratings.count, (piece + 1) * Self.pieceRows) {
                let (user, item) = (users[ratings.users[row]], items[ratings.items[row]])
                body(piece, row, user.flatMap { user in item.flatMap { predict(user: user, item: $0) } })
            }
        }
    }
}

/// From the indexes of one table of ids to those of another.
struct IndexMap: Sendable {
    /// Nil where the tables are the same; otherwise -1 for what the other does not know.
    private let indexes: [Int32]?

    /// O(1) for tables that are one, O(ids) otherwise.
    init(from other: IdentifierTable, to own: IdentifierTable) {
        indexes =
            other == own
            ? nil : (0..<other.count).map { ownIndex(other, $0, own).map { Int32(truncatingIfNeeded: $0) } ?? -1 }
    }

    subscript(index: UInt32) -> Int? {
        guard let indexes else { return Int(index) }
        let own = indexes[Int(index)]
        return own < 0 ? nil : Int(own)
    }
}

/// The index in `own` of entry `index` of another table.
func ownIndex(_ other: IdentifierTable, _ index: Int, _ own: IdentifierTable) -> Int? {
    if case .integers(let ids) = other.storage { return own.index(of: ids[index]) }
    return own.index(of: other[index])
}
