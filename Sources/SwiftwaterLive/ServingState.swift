import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterPlatform

/// A model, and the users of whom more is known. Readers take one lock for the time of a look into a dictionary; whoever changes users works
/// their factors out before.
final class ServingState: Sendable {
    let model: MatrixFactorizationModel
    /// Counts the models of this process, from 1.
    let generation: Int
    /// From the smallest to the largest rating of the training; nil where there is none.
    let ratingRange: ClosedRange<Double>?
    private let shards = (0..<64).map { _ in Monitor<[Text: LiveUser]>([:]) }

    /// O(ratings), once for a model.
    init(model: MatrixFactorizationModel, generation: Int) {
        (self.model, self.generation) = (model, generation)
        ratingRange = model.history.values.withUnsafeBufferPointer { values in
            guard let first = values.first else { return nil }
            var (low, high) = (first, first)
            for value in values { (low, high) = (min(low, value), max(high, value)) }
            return Double(low)...Double(high)
        }
    }

    private func shard(_ user: Text) -> Monitor<[Text: LiveUser]> {
        shards[Int(user.withBytes { StableHasher.hash(UnsafeRawBufferPointer($0)) } & 63)]
    }

    func user(_ id: Text) -> LiveUser? { shard(id).read { $0[id] } }
    func set(_ id: Text, _ user: LiveUser?) { shard(id).update { $0[id] = user } }
}
