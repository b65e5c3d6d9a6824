import CSwiftwaterKernels
import SwiftwaterCore

/// A matrix factorization model: the prediction for user u and item i is the dot product of their factors.
///
/// Factors are Float32, in one row-major buffer for users and one for items: row `u` is
/// `userFactors[u * rank ..< (u + 1) * rank]`. Users and items without a training rating have no meaningful factors and
/// count as unknown.
public struct MatrixFactorizationModel: Sendable, Equatable {
    /// The number of latent factors.
    public let rank: Int
    /// The training settings; `maxIterations` is the number of iterations that were done.
    public internal(set) var settings: ALSSettings
    /// The instruction set that it was trained with, which fold-in and lists use too.
    package internal(set) var instructionSet: InstructionSet
    /// The ids of the users, in the order of the rows of `userFactors`.
    public let userIDs: IdentifierTable
    /// The ids of the items, in the order of the rows of `itemFactors`.
    public let itemIDs: IdentifierTable
    /// The user factors, row by row.
    package internal(set) var userFactors: NumberColumn<Float> { didSet { serving = ServingCache() } }
    /// The item factors, row by row.
    package internal(set) var itemFactors: NumberColumn<Float> { didSet { serving = ServingCache() } }
    /// The biases that are added to the factors' product; nil in a model without biases.
    public internal(set) var biases: ModelBiases? { didSet { serving = ServingCache() } }
    private(set) var serving = ServingCache()
    /// Each user's training ratings, which are left out of recommendations and used for fold-in.
    package let history: RatingMatrix.Rows
    /// The number of training ratings of each item.
    public let itemCounts: [UInt32]
    /// The mean of all training ratings.
    public let meanRating: Double

    init(ratings: Ratings, matrix: RatingMatrix, settings: ALSSettings, instructionSet: InstructionSet) {
        rank = settings.rank
        self.settings = settings
        self.instructionSet = instructionSet
        userIDs = ratings.userIDs
        itemIDs = ratings.itemIDs
        userFactors = NumberColumn([Float](largePagesOf: ratings.userIDs.count * settings.rank))
        itemFactors = []
        history = matrix.byUser
        itemCounts = (0..<ratings.itemIDs.count).map { UInt32(matrix.byItem.count(of: $0)) }
        meanRating = ratings.mean
    }

    init(
        settings: ALSSettings, instructionSet: InstructionSet = .best, userIDs: IdentifierTable,
        itemIDs: IdentifierTable, userFactors: NumberColumn<Float>, itemFactors: NumberColumn<Float>,
        history: RatingMatrix.Rows,
        itemCounts: [UInt32], meanRating: Double,
        biases: ModelBiases? = nil
    ) {
        rank = settings.rank
        self.settings = settings
        self.instructionSet = instructionSet
        self.userIDs = userIDs
        self.itemIDs = itemIDs
        self.userFactors = userFactors
        self.itemFactors = itemFactors
        self.history = history
        self.itemCounts = itemCounts
        self.meanRating = meanRating
        self.biases = biases
    }

    /// Creates a model from factors, one row per user and per item. For tests, teaching, and factors from elsewhere.
    ///
    /// - Throws: `invalidArgument` if the rows differ in length or number.
    public init(
        userIDs: [Int64], userFactors: [[Float]], itemIDs: [Int64], itemFactors: [[Float]]
    ) throws {
        let rank = userFactors.first?.count ?? itemFactors.first?.count ?? 0
        guard rank > 0, userIDs.count == userFactors.count, itemIDs.count == itemFactors.count,
            (userFactors + itemFactors).allSatisfy({ $0.count == rank })
        else {
            throw SwiftwaterError(
                .invalidArgument, "the rows of factors differ in length or number",
                remedy: "give one row of equal length for each id")
        }
        self.init(
            settings: ALSSettings(rank: rank), userIDs: IdentifierTable(storage: .integers(userIDs)),
            itemIDs: IdentifierTable(storage: .integers(itemIDs)),
            userFactors: NumberColumn(userFactors.flatMap { $0 }),
            itemFactors: NumberColumn(itemFactors.flatMap { $0 }),
            history: RatingMatrix.Rows(starts: [Int](repeating: 0, count: userIDs.count + 1), columns: [], values: []),
            itemCounts: [UInt32](repeating: 1, count: itemIDs.count), meanRating: 0)
    }

    /// Returns whether the user at an index has a training rating, or was created with factors.
    public func knows(userIndex user: Int) -> Bool {
        user < userIDs.count && (history.columns.isEmpty || history.count(of: user) > 0)
    }

    /// Returns whether the item at an index has a training rating, or was created with factors.
    public func knows(itemIndex item: Int) -> Bool { item < itemIDs.count && itemCounts[item] > 0 }

    /// Returns the predicted rating of an item by a user, by their ids as written; nil if either is unknown.
    public func predict(user: String, item: String) -> Float? {
        guard let user = userIDs.index(of: user), let item = itemIDs.index(of: item) else { return nil }
        return predict(userIndex: user, itemIndex: item)
    }

    /// Returns the predicted rating of an item by a user, by their indexes; nil if either is unknown.
    public func predict(userIndex user: Int, itemIndex item: Int) -> Float? {
        guard knows(userIndex: user), knows(itemIndex: item) else { return nil }
        let product = userFactors.withUnsafeBufferPointer { users in
            itemFactors.withUnsafeBufferPointer { items in
                sw_dot(users.baseAddress! + user * rank, items.baseAddress! + item * rank, rank)
            }
        }
        return biases.map { product + $0.mean + $0.users[user] + $0.items[item] } ?? product
    }

    /// Returns the trained vector of a user.
    func vector(ofUser user: Int) -> UserVector {
        UserVector(
            factors: Array(userFactors[user * rank..<(user + 1) * rank]),
            offset: biases.map { $0.mean + $0.users[user] } ?? 0)
    }

    /// Copies the factors that another model has for the users and items of this one.
    mutating func takeFactors(of other: MatrixFactorizationModel) throws {
        guard other.rank == rank else {
            throw SwiftwaterError(
                .invalidArgument, "the model to continue from has rank \(other.rank), the training rank \(rank)",
                remedy: "use the same rank, or start without a model")
        }
        func take(
            _ own: inout NumberColumn<Float>, _ ids: IdentifierTable, _ others: NumberColumn<Float>,
            _ otherIDs: IdentifierTable, _ rank: Int
        ) {
            let map = IndexMap(from: ids, to: otherIDs)
            for row in 0..<ids.count {
                guard let from = map[UInt32(row)] else { continue }
                for factor in 0..<rank { own[row * rank + factor] = others[from * rank + factor] }
            }
        }
        take(&userFactors, userIDs, other.userFactors, other.userIDs, rank)
        take(&itemFactors, itemIDs, other.itemFactors, other.itemIDs, rank)
    }
}
