/// The part of a rating that is the user's mildness and the item's quality: mean + user's bias + item's bias.
///
/// Each bias is the mean of what the ones before it leave over, damped as though the row had a few more ratings of 0; items
/// come first, then users (Koren and Bell, "Advances in Collaborative Filtering", 2015, section 2.1).
public struct ModelBiases: Sendable, Equatable {
    public let mean: Float
    public let users: [Float]
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

    /// The bias of a row for which the ones before it leave these over.
    func damped(_ left: [Float]) -> Float {
        Float(left.reduce(0.0) { $0 + Double($1) } / (Double(left.count) + ModelBiases.damping))
    }

    /// The matrix of what the biases leave over.
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

/// A user as the model sees one: factors, and what is added to every item's score.
public struct UserVector: Sendable, Equatable {
    public let factors: [Float]
    /// The mean and the user's bias; 0 in a model without biases.
    public let offset: Float

    public init(factors: [Float], offset: Float = 0) {
        self.factors = factors
        self.offset = offset
    }
}
