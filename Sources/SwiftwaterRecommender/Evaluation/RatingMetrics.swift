import SwiftwaterCore

/// A model that predicts ratings: a factor model or a neighborhood model.
public protocol RatingPredictor: Sendable {
    /// Returns the predictions for rows of ratings, in their order.
    ///
    /// A prediction is nil if the model does not know the user or the item. The rows' indexes refer to the ratings' id
    /// tables.
    func predictions(for ratings: Ratings, threads: Int) -> [Float?]
}

/// Errors of predictions against ratings.
///
/// Rows without a prediction are left out (`coldStartStrategy` drop in Spark) and counted.
public struct RatingMetrics: Sendable, Equatable {
    /// Root mean squared error.
    public let rmse: Double
    /// Mean squared error.
    public let mse: Double
    /// Mean absolute error.
    public let mae: Double
    /// 1 - sum of squared errors / sum of squared deviations from the mean rating.
    public let r2: Double
    /// The number of rows with a prediction.
    public let evaluated: Int
    /// The number of rows without a prediction.
    public let unknown: Int

    /// Computes the metrics of predictions for ratings; nil if no row has a prediction.
    public init?(predictions: [Float?], ratings: [Float]) {
        var sums = ErrorSums()
        for (prediction, rating) in zip(predictions, ratings) { sums.add(prediction, rating) }
        self.init(sums)
    }

    /// Computes the metrics of sums; nil if no row has a prediction.
    package init?(_ sums: ErrorSums) {
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

/// Sums over rows, from which the metrics are computed.
package struct ErrorSums: Sendable {
    /// The sum of squared errors.
    package var squares = 0.0
    /// The sum of absolute errors.
    package var absolutes = 0.0
    /// The sum of the predicted ratings.
    package var sum = 0.0
    /// The sum of their squares.
    package var sumOfSquares = 0.0
    /// The number of rows with a prediction.
    package var count = 0
    /// The number of rows without one.
    package var unknown = 0

    /// Creates sums of no rows.
    package init() {}

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
    /// Predicts every row and returns the errors.
    ///
    /// - Throws: `invalidArgument` if no row could be predicted.
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
            .invalidArgument, "the model knows no user-item pair of these \(rows) rows",
            remedy: "evaluate on ratings of the users and items that the model was trained on")
    }
}

extension MatrixFactorizationModel: RatingPredictor {
    /// Returns the predictions for rows of ratings, in their order. O(rows x rank).
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

    /// Predicts every row and returns the errors, without holding all predictions.
    ///
    /// Sums are taken over pieces of a fixed size and added in order.
    ///
    /// - Throws: `invalidArgument` if no row could be predicted.
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

    /// Calls `body` for every row, on all threads and in order within each piece of rows.
    private func forEachPrediction(
        for ratings: Ratings, threads: Int,
        _ body: @escaping @Sendable (_ piece: Int, _ row: Int, _ prediction: Float?) -> Void
    ) {
        let users = IndexMap(from: ratings.userIDs, to: userIDs)
        let items = IndexMap(from: ratings.itemIDs, to: itemIDs)
        try? WorkerPool(threads: threads).run(count: Self.pieces(ratings.count)) { piece in
            for row in piece * Self.pieceRows..<min(ratings.count, (piece + 1) * Self.pieceRows) {
                let (user, item) = (users[ratings.users[row]], items[ratings.items[row]])
                body(piece, row, user.flatMap { user in item.flatMap { predict(userIndex: user, itemIndex: $0) } })
            }
        }
    }
}

/// Returns the index in `own` of entry `index` of another table.
func ownIndex(_ other: IdentifierTable, _ index: Int, _ own: IdentifierTable) -> Int? {
    if case .integers(let ids) = other.storage { return own.index(of: ids[index]) }
    return own.index(of: other[index])
}
