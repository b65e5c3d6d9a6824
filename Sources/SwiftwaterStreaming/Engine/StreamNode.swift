import SwiftwaterCore

/// What a `DStream` is made of: how often it has a batch, and how to make the RDD of one.
///
///     zero        zero + slide     zero + 2 slide
///      |---------------|---------------|----> time
///                    batch           batch
class StreamStep: @unchecked Sendable {
    /// The operator as programs write it.
    let kind: String
    /// What `explain` says beside it.
    let detail: String
    let slide: Duration
    let parents: [StreamStep]
    unowned let graph: StreamGraph
    /// How far back of a batch's time this step reads its parents: a window's length.
    let lookback: Duration
    /// The name and version that the program gave it.
    var label: StepLabel?
    /// The step as the program wrote it, where the engine has put this one in its place.
    var written: StreamStep?
    /// How long RDDs are kept after their batch because a window still reads them. Known when the program starts.
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

    /// Makes the RDD of the batch at `time` now. A source takes what has arrived; asked later, it would take too much.
    func makeBatch(at time: BatchTime) throws {}

    func forget(before time: BatchTime) {}

    func remember(_ duration: Duration) { rememberDuration = max(rememberDuration, duration) }
}

/// A step that the program wrote and for which the engine put another in place.
@usableFromInline
struct WrittenStep: Sendable {
    let step: StreamStep
    init(_ step: StreamStep) { self.step = step }
}

/// What a program calls a step, and which version of its closures this is.
public struct StepLabel: Sendable, Hashable {
    public var name: String
    public var version: Int
}

class StreamNode<Element: Sendable>: StreamStep, @unchecked Sendable {
    private let make: (BatchTime) throws -> RDD<Element>?
    private var generated: [BatchTime: RDD<Element>] = [:]

    init(
        kind: String, detail: String = "", slide: Duration, parents: [StreamStep], graph: StreamGraph,
        lookback: Duration = .zero, make: @escaping (BatchTime) throws -> RDD<Element>?
    ) {
        self.make = make
        super.init(kind: kind, detail: detail, slide: slide, parents: parents, graph: graph, lookback: lookback)
    }

    /// The RDD of the batch at `time`, made when first asked for; nil where the stream has no batch then.
    func rdd(at time: BatchTime) throws -> RDD<Element>? {
        guard hasBatch(at: time) else { return nil }
        if let known = generated[time] { return known }
        guard let rdd = try make(time) else { return nil }
        generated[time] = rdd
        return rdd
    }

    /// The RDDs of all batches in (end - length, end], oldest first.
    func slice(length: Duration, endingAt end: BatchTime) throws -> [(time: BatchTime, rdd: RDD<Element>)] {
        var result: [(BatchTime, RDD<Element>)] = []
        var time = end - length + slide
        while time <= end {
            if let rdd = try rdd(at: time) { result.append((time, rdd)) }
            time = time + slide
        }
        return result
    }

    override func makeBatch(at time: BatchTime) throws { _ = try rdd(at: time) }

    override func forget(before time: BatchTime) {
        generated = generated.filter { $0.key > time - rememberDuration }
    }
}

/// A step whose result depends on the batches before: it is brought forward at each of its batch times, in order, before
/// the outputs of the batch run.
protocol StatefulStep: StreamStep {
    /// The work of the batch at `time`, or nil where the step has no batch then. Called on the generator's thread.
    func advance(to time: BatchTime) throws -> (@Sendable () throws -> Void)?
    var state: any StepState { get }
}

/// The result of a stateful step for one batch: made by its work, read by the RDDs of that batch and of windows over it.
@usableFromInline
final class BatchResult<Element: Sendable>: Sendable {
    @usableFromInline typealias Push = @Sendable (_ partition: Int, _ sink: (Element) throws -> Void) throws -> Void
    private let push = Monitor<Push?>(nil)

    @usableFromInline init() {}
    @usableFromInline func fill(_ push: @escaping Push) { self.push.update { $0 = push } }
    @usableFromInline var value: Push {
        guard let value = push.read({ $0 }) else {
            preconditionFailure("a batch was read before the state it depends on was brought forward")
        }
        return value
    }
}

/// A stream made by a state: `work` gets the inputs of one batch and gives what pushes the result.
final class StatefulNode<Element: Sendable>: StreamNode<Element>, StatefulStep, @unchecked Sendable {
    let state: any StepState
    /// Called on the generator's thread: collects the inputs of a batch. What it gives runs in the batch's job.
    private let plan: (BatchTime) throws -> (@Sendable (BatchResult<Element>) throws -> Void)
    private let results: Results

    /// The results of batches that were made and not read yet.
    private final class Results { var byTime: [BatchTime: BatchResult<Element>] = [:] }

    init(
        kind: String, detail: String = "", slide: Duration, parents: [StreamStep], graph: StreamGraph,
        lookback: Duration = .zero, context: Context, partitionCount: Int, state: any StepState,
        plan: @escaping (BatchTime) throws -> (@Sendable (BatchResult<Element>) throws -> Void)
    ) {
        self.state = state
        self.plan = plan
        let results = Results()
        self.results = results
        super.init(
            kind: kind, detail: detail, slide: slide, parents: parents, graph: graph, lookback: lookback
        ) { time in
            guard let result = results.byTime[time] else { return nil }
            return RDD(context: context, name: kind, partitionCount: partitionCount) { partition, sink in
                try result.value(partition, sink)
            }
        }
    }

    func advance(to time: BatchTime) throws -> (@Sendable () throws -> Void)? {
        guard hasBatch(at: time) else { return nil }
        let result = BatchResult<Element>()
        results.byTime[time] = result
        let work = try plan(time)
        return {
            do { try work(result) } catch {
                result.fill { _, _ in }
                throw error
            }
        }
    }

    override func forget(before time: BatchTime) {
        super.forget(before: time)
        results.byTime = results.byTime.filter { $0.key > time - rememberDuration }
    }
}

/// What a stateful step keeps, as a checkpoint sees it.
@usableFromInline
protocol StepState: AnyObject, Sendable {
    /// The types that are stored, as they are called.
    var storedTypes: [String] { get }
    /// Why this state cannot be stored, or nil.
    var obstacle: String? { get }
    var window: Duration? { get }
    /// From now on the state keeps what `pieces` needs.
    func beginRecording()
    /// The state after the batch at `time`. A piece whose name an earlier checkpoint has is stored already, and `bytes` is not
    /// asked.
    func pieces(at time: BatchTime) -> [StatePiece]
    /// A checkpoint with all pieces was written.
    func wasStored()
    /// Takes the state of the batch at `time` from its pieces, in their order.
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws
}

extension StepState {
    @usableFromInline func wasStored() {}
}

@usableFromInline
struct StatePiece {
    let name: String
    let bytes: () -> [UInt8]
}
