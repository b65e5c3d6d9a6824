import SwiftwaterCore

/// A custom state that takes whole batches: windows, tables, and models that are more than a value for each key.
///
/// After `restore` of what `encode` wrote, the same batches must give the same results. The state is advanced once per
/// batch, in order, on one thread at a time.
package protocol BatchState: AnyObject, Sendable {
    /// The elements of the batches.
    associatedtype Input: Sendable
    /// The elements of the results.
    associatedtype Output: Sendable
    /// What is made from a batch before the state is touched.
    associatedtype Prepared

    /// Examines a batch: runs jobs on its RDD (`collect`, `reduceByKey` ...) and changes nothing. An error that it
    /// throws fails the batch.
    func prepare(_ rdd: RDD<Input>, at time: BatchTime) throws -> Prepared
    /// Takes what was made from a batch and returns the elements of the result. If it throws, the stream stops: the
    /// state may be half changed.
    func advance(with prepared: Prepared, at time: BatchTime, context: Context) throws -> [Output]
    /// How far back the state reads, for `explain` and for the missed batches that are made after a restart; nil if
    /// that is unlimited.
    var window: Duration? { get }
    /// The names of the stored types. They are compared with those in a checkpoint, which another version of the
    /// program may have written.
    var storedTypes: [String] { get }
    /// Writes the state for a checkpoint.
    func encode(to writer: inout ByteWriter)
    /// Restores the state from what `encode` wrote.
    ///
    /// - Throws: `corrupted`.
    func restore(from reader: inout ByteReader) throws
}

extension DStream {
    /// Returns a stream of what a custom state makes of each batch. Name it if there is a checkpoint directory.
    ///
    /// - Parameter kind: the name of the operator in `explain` and checkpoints.
    package func withState<State: BatchState>(_ kind: String, _ state: State) -> DStream<State.Output>
    where State.Input == Element {
        let (parent, engine) = (node, context.engine)
        return DStream<State.Output>(
            context: context,
            node: StatefulNode(
                kind: kind, slide: parent.slide, parents: [parent], graph: context.graph, context: context.engine,
                partitionCount: 1, state: WholeState(state)
            ) { time in
                guard let rdd = try parent.rdd(at: time) else { return { $0.fill { _, _ in } } }
                return { result in
                    let prepared: State.Prepared
                    do { prepared = try state.prepare(rdd, at: time) } catch {
                        throw OperatorFailure.wrap(error, in: kind)
                    }
                    let elements: [State.Output]
                    do { elements = try state.advance(with: prepared, at: time, context: engine) } catch {
                        throw OperatorFailure.wrap(BrokenState.wrap(error), in: kind)
                    }
                    result.fill { _, sink in for element in elements { try sink(element) } }
                }
            })
    }
}

/// A custom state, as a checkpoint sees it: one piece, written whole.
private final class WholeState<State: BatchState>: StepState {
    private let state: State
    init(_ state: State) { self.state = state }

    var storedTypes: [String] { state.storedTypes }
    var obstacle: String? { nil }
    var window: Duration? { state.window }
    func beginRecording() {}

    func pieces(at time: BatchTime) -> [StatePiece] {
        // Encoded now: the next batch changes the state while a checkpoint is still being stored.
        var writer = ByteWriter()
        state.encode(to: &writer)
        return [StatePiece(name: "state-\(time.milliseconds)") { writer.bytes }]
    }

    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws {
        guard let bytes = pieces.first else { return }
        var reader = ByteReader(bytes)
        try state.restore(from: &reader)
    }
}
