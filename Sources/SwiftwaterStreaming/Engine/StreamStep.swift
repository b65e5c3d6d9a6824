import SwiftwaterCore

/// A step of a `DStream`: when it has a batch, and how to make the RDD of one.
///
///     zero        zero + slide     zero + 2 slide
///      |---------------|---------------|----> time
///                    batch           batch
class StreamStep: @unchecked Sendable {
    /// The operator, as programs write it.
    let kind: String
    /// What `explain` shows beside the operator.
    let detail: String
    let slide: Duration
    let parents: [StreamStep]
    unowned let graph: StreamGraph
    /// How far before a batch's time this step reads its parents: a window's length.
    let lookback: Duration
    /// The name and version that the program gave it.
    var label: StepLabel?
    /// The step as the program wrote it, if the engine replaced it with this one.
    var written: StreamStep?
    /// How long RDDs are kept after their batch because a window still reads them. Known once the program starts.
    fileprivate(set) var rememberDuration: Duration

    init(
        kind: String, detail: String = "", slide: Duration, parents: [StreamStep], graph: StreamGraph,
        lookback: Duration = .zero
    ) {
        graph.checkOpen("an operator (\(kind))")
        self.kind = kind
        self.detail = detail
        self.slide = slide
        self.parents = parents
        self.graph = graph
        self.lookback = lookback
        rememberDuration = slide
    }

    var displayName: String { label.map { "\(kind) '\($0.name)'" } ?? kind }

    func hasBatch(at time: BatchTime) -> Bool {
        time > graph.zeroTime && time.isMultiple(of: slide, since: graph.zeroTime)
    }

    /// Makes the RDD of the batch at `time` now. A source takes what has arrived; later, it would take too much.
    func makeBatch(at time: BatchTime) throws {}

    func forget(before time: BatchTime) {}

    func remember(_ duration: Duration) { rememberDuration = max(rememberDuration, duration) }
}

/// A step that the program wrote and the engine replaced.
@usableFromInline
struct WrittenStep: Sendable {
    let step: StreamStep
    init(_ step: StreamStep) { self.step = step }
}

/// The name of a step and the version of its closures.
package struct StepLabel: Sendable, Hashable {
    /// The name that the program gave the step.
    package var name: String
    /// The version of the step's closures.
    package var version: Int
}
