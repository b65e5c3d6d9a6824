import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterPlatform

/// A model and its live users. Readers hold one lock for the time of a dictionary lookup; factors are computed before a
/// lock is taken.
final class ServingState: Sendable {
    let model: MatrixFactorizationModel
    /// The model's number, counted from 1 in this process.
    let generation: Int
    /// The range of the training's ratings; nil if there are none.
    let ratingRange: ClosedRange<Double>?
    private let shards = (0..<64).map { _ in Monitor<[Text: LiveUser]>([:]) }

    /// Creates the state of a model without live users. O(ratings).
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
