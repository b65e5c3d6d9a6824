/// The baseline of a rating: mean + user's bias + item's bias.
///
/// Each bias is the mean of the residuals of the ones before it, damped as though the row had a few more residuals of
/// 0. Items come first, then users (Koren and Bell, "Advances in Collaborative Filtering", 2015, section 2.1).
public struct ModelBiases: Sendable, Equatable {
    /// The mean of all ratings.
    public let mean: Float
    /// The bias of each user.
    public let users: [Float]
    /// The bias of each item.
    public let items: [Float]

    static let damping = 5.0

    init(mean: Float, users: [Float], items: [Float]) {
        self.mean = mean
        self.users = users
        self.items = items
    }

    init(_ matrix: RatingMatrix, mean: Double) {
        func biases(_ rows: RatingMatrix.Rows, less others: [Float]?) -> [Float] {
            (0..<rows.rowCount).map { row in
                let sum = rows.range(of: row).reduce(0.0) { sum, entry in
                    sum + Double(rows.values[entry]) - mean - Double(others.map { $0[Int(rows.columns[entry])] } ?? 0)
                }
                return Float(sum / (Double(rows.count(of: row)) + ModelBiases.damping))
            }
        }
        self.mean = Float(mean)
        items = biases(matrix.byItem, less: nil)
        users = biases(matrix.byUser, less: items)
    }

    /// Returns the bias of a row with these residuals.
    func damped(_ left: [Float]) -> Float {
        Float(left.reduce(0.0) { $0 + Double($1) } / (Double(left.count) + ModelBiases.damping))
    }

    /// Returns the matrix of the residuals.
    func residuals(_ matrix: RatingMatrix) -> RatingMatrix {
        func rows(_ rows: RatingMatrix.Rows, _ own: [Float], _ others: [Float]) -> RatingMatrix.Rows {
            var values = rows.values
            for row in 0..<rows.rowCount {
                for entry in rows.range(of: row) { values[entry] -= mean + own[row] + others[Int(rows.columns[entry])] }
            }
            return RatingMatrix.Rows(starts: rows.starts, columns: rows.columns, values: values)
        }
        return RatingMatrix(byUser: rows(matrix.byUser, users, items), byItem: rows(matrix.byItem, items, users))
    }
}
