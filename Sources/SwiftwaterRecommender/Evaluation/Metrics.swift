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
        var (squares, absolutes, sum, sumOfSquares, count) = (0.0, 0.0, 0.0, 0.0, 0)
        for (prediction, rating) in zip(predictions, ratings) {
            guard let prediction else { continue }
            let error = Double(prediction) - Double(rating)
            squares += error * error
            absolutes += abs(error)
            sum += Double(rating)
            sumOfSquares += Double(rating) * Double(rating)
            count += 1
        }
        guard count > 0 else { return nil }
        mse = squares / Double(count)
        rmse = mse.squareRoot()
        mae = absolutes / Double(count)
        let deviation = sumOfSquares - sum * sum / Double(count)
        r2 = deviation > 0 ? 1 - squares / deviation : 0
        evaluated = count
        unknown = ratings.count - count
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
            throw SwiftwaterError(
                .invalidArgument, "none of the \(ratings.count) rows has a user and an item that the model knows",
                remedy: "evaluate on ratings of the users and items that the model was trained on")
        }
        return metrics
    }
}

extension MatrixFactorizationModel: RatingPredictor {
    public func predictions(for ratings: Ratings, threads: Int) -> [Float?] {
        let users = (0..<ratings.userIDs.count).map { ownIndex(ratings.userIDs, $0, userIDs) }
        let items = (0..<ratings.itemIDs.count).map { ownIndex(ratings.itemIDs, $0, itemIDs) }
        var result = [Float?](repeating: nil, count: ratings.count)
        let pieces = (ratings.count + 65535) / 65536
        result.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try? WorkerPool(threads: threads).run(count: pieces) { piece in
                for row in piece * 65536..<min(ratings.count, (piece + 1) * 65536) {
                    guard let user = users[Int(ratings.users[row])], let item = items[Int(ratings.items[row])] else {
                        continue
                    }
                    output.value[row] = predict(user: user, item: item)
                }
            }
        }
        return result
    }
}

/// The index in `own` of entry `index` of another table.
func ownIndex(_ other: IdentifierTable, _ index: Int, _ own: IdentifierTable) -> Int? {
    if case .integers(let ids) = other.storage { return own.index(of: ids[index]) }
    return own.index(of: other[index])
}
