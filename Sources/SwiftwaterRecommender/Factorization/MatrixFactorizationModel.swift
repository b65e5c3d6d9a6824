import CSwiftwaterKernels
import SwiftwaterCore

/// Factors of users and items: the prediction for user u and item i is the dot product of their rows.
///
/// Factors are Float32 in one row-major buffer each: row `u` is `userFactors[u * rank ..< (u + 1) * rank]`. Users and items
/// without a training rating have no factors worth the name and count as unknown.
public struct MatrixFactorizationModel: Sendable, Equatable {
    public let rank: Int
    /// How it was trained; `maxIterations` is how many iterations were done.
    public internal(set) var settings: ALSSettings
    public let userIDs: IdentifierTable
    public let itemIDs: IdentifierTable
    public internal(set) var userFactors: NumberColumn<Float> { didSet { serving = ServingCache() } }
    public internal(set) var itemFactors: NumberColumn<Float> { didSet { serving = ServingCache() } }
    /// What is added to the factors' product; nil in a model without biases.
    public internal(set) var biases: ModelBiases? { didSet { serving = ServingCache() } }
    private(set) var serving = ServingCache()
    /// What each user rated in training, to be left out of recommendations and for fold-in.
    public let history: RatingMatrix.Rows
    /// How many training ratings each item has.
    public let itemCounts: [UInt32]
    /// The mean of all training ratings.
    public let meanRating: Double

    init(ratings: Ratings, matrix: RatingMatrix, settings: ALSSettings) {
        rank = settings.rank
        self.settings = settings
        userIDs = ratings.userIDs
        itemIDs = ratings.itemIDs
        userFactors = NumberColumn([Float](largePagesOf: ratings.userIDs.count * settings.rank))
        itemFactors = []
        history = matrix.byUser
        itemCounts = (0..<ratings.itemIDs.count).map { UInt32(matrix.byItem.count(of: $0)) }
        meanRating = ratings.mean
    }

    init(
        settings: ALSSettings, userIDs: IdentifierTable, itemIDs: IdentifierTable,
        userFactors: NumberColumn<Float>, itemFactors: NumberColumn<Float>, history: RatingMatrix.Rows,
        itemCounts: [UInt32], meanRating: Double,
        biases: ModelBiases? = nil
    ) {
        rank = settings.rank
        self.settings = settings
        self.userIDs = userIDs
        self.itemIDs = itemIDs
        self.userFactors = userFactors
        self.itemFactors = itemFactors
        self.history = history
        self.itemCounts = itemCounts
        self.meanRating = meanRating
        self.biases = biases
    }

    /// A model of given factors, one row a user and a row an item. For tests, teaching, and factors from elsewhere.
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
        var settings = ALSSettings()
        settings.rank = rank
        self.init(
            settings: settings, userIDs: IdentifierTable(storage: .integers(userIDs)),
            itemIDs: IdentifierTable(storage: .integers(itemIDs)),
            userFactors: NumberColumn(userFactors.flatMap { $0 }),
            itemFactors: NumberColumn(itemFactors.flatMap { $0 }),
            history: RatingMatrix.Rows(starts: [Int](repeating: 0, count: userIDs.count + 1), columns: [], values: []),
            itemCounts: [UInt32](repeating: 1, count: itemIDs.count), meanRating: 0)
    }

    /// Whether the user has a training rating, or came with factors.
    public func knows(user: Int) -> Bool {
        user < userIDs.count && (history.columns.isEmpty || history.count(of: user) > 0)
    }

    public func knows(item: Int) -> Bool { item < itemIDs.count && itemCounts[item] > 0 }

    /// The predicted rating of an item by a user, both by their ids as they are written; nil where either is unknown.
    public func predict(user: String, item: String) -> Float? {
        guard let user = userIDs.index(of: user), let item = itemIDs.index(of: item) else { return nil }
        return predict(user: user, item: item)
    }

    /// The predicted rating by index.
    public func predict(user: Int, item: Int) -> Float? {
        guard knows(user: user), knows(item: item) else { return nil }
        let product = userFactors.withUnsafeBufferPointer { users in
            itemFactors.withUnsafeBufferPointer { items in
                sw_dot(users.baseAddress! + user * rank, items.baseAddress! + item * rank, rank)
            }
        }
        return biases.map { product + $0.mean + $0.users[user] + $0.items[item] } ?? product
    }

    /// The user as trained.
    func vector(ofUser user: Int) -> UserVector {
        UserVector(
            factors: Array(userFactors[user * rank..<(user + 1) * rank]),
            offset: biases.map { $0.mean + $0.users[user] } ?? 0)
    }

    /// Takes the factors that another model has for the users and items here.
    mutating func takeFactors(of other: MatrixFactorizationModel) throws {
        guard other.rank == rank else {
            throw SwiftwaterError(
                .invalidArgument, "the model to go on from has rank \(other.rank), the training rank \(rank)",
                remedy: "use the same rank, or begin anew")
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
