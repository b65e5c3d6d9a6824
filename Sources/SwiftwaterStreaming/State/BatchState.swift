import SwiftwaterCore

/// A state of your own that takes whole batches: windows, tables and models that are more than a value for each key.
///
/// What it promises: after `restore` of what `encode` wrote, the same batches give the same results. It is brought forward once a batch, in
/// order, on one thread at a time.
public protocol BatchState: AnyObject, Sendable {
    associatedtype Input: Sendable
    associatedtype Output: Sendable
    /// What is made of a batch before the state is touched.
    associatedtype Prepared

    /// Looks at a batch: runs jobs on its RDD (`collect`, `reduceByKey` ...) and changes nothing. What it throws fails the batch.
    func prepare(_ rdd: RDD<Input>, at time: BatchTime) throws -> Prepared
    /// Takes what was made of a batch; gives the elements of the result. Where it throws, the stream stops: the state may be half changed.
    func advance(with prepared: Prepared, at time: BatchTime, context: Context) throws -> [Output]
    /// How far back it reads, for `explain` and for what is made up after a restart: nil where that has no end.
    var window: Duration? { get }
    /// What is stored, as it is called: compared with a checkpoint's, which was written by another version of the program perhaps.
    var storedTypes: [String] { get }
    func encode(to writer: inout ByteWriter)
    /// - Throws: `corrupted`.
    func restore(from reader: inout ByteReader) throws
}

extension DStream {
    /// A stream of what a state of your own makes of each batch. Name it where there is a checkpoint directory.
    ///
    /// - Parameter kind: what `explain` and checkpoints call the operator.
    public func withState<State: BatchState>(_ kind: String, _ state: State) -> DStream<State.Output>
    where State.Input == Element {
        let (parent, engine) = (node, context.context)
        return DStream<State.Output>(
            context: context,
            node: StatefulNode(
                kind: kind, slide: parent.slide, parents: [parent], graph: context.graph, context: context.context,
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

/// A state of one's own as a checkpoint sees it: one piece, written whole.
private final class WholeState<State: BatchState>: StepState {
    private let state: State
    init(_ state: State) { self.state = state }

    var storedTypes: [String] { state.storedTypes }
    var obstacle: String? { nil }
    var window: Duration? { state.window }
    func beginRecording() {}

    func pieces(at time: BatchTime) -> [StatePiece] {
        // Written now: the next batch changes the state while a checkpoint is still being stored.
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
