import SwiftwaterCore

/// The results of a stage's tasks. Each task sets its own slot.
@usableFromInline
final class Slots<Value: Sendable>: Sendable {
    private let values: Monitor<[Value?]>

    @usableFromInline init(count: Int) { values = Monitor([Value?](repeating: nil, count: count)) }
    @usableFromInline func set(_ index: Int, _ value: Value) { values.update { $0[index] = value } }
    @usableFromInline var all: [Value] { values.read { $0.map { $0! } } }
}
