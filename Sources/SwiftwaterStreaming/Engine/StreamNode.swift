import SwiftwaterCore

/// What a `DStream` is made of: how often it has a batch, and how to make the RDD of one.
///
///     zero        zero + slide     zero + 2 slide
///      |---------------|---------------|----> time
///                    batch           batch
class StreamStep: @unchecked Sendable {
    let name: String
    let slide: Duration
    let parents: [StreamStep]
    unowned let graph: StreamGraph
    /// How long RDDs are kept after their batch because a window still reads them.
    fileprivate(set) var rememberDuration: Duration

    init(name: String, slide: Duration, parents: [StreamStep], graph: StreamGraph, lookback: Duration) {
        self.name = name
        self.lookback = lookback
        self.slide = slide
        self.parents = parents
        self.graph = graph
        rememberDuration = slide
        graph.add(self)
    }

    /// How far back of a batch's time this step reads its parents: a window's length.
    let lookback: Duration

    /// Keeps RDDs of this step for at least so long, and those of its parents for as long as they are then read.
    func remember(_ duration: Duration) {
        rememberDuration = max(rememberDuration, duration)
        for parent in parents { parent.remember(duration + lookback) }
    }

    /// Makes the RDD of the batch at `time` now. A source takes what has arrived; asked later, it would take too much.
    func makeBatch(at time: BatchTime) throws {}

    func forget(before time: BatchTime) {}
}

final class StreamNode<Element: Sendable>: StreamStep, @unchecked Sendable {
    private let make: (BatchTime) throws -> RDD<Element>?
    private var generated: [BatchTime: RDD<Element>] = [:]

    init(
        name: String, slide: Duration, parents: [StreamStep], graph: StreamGraph, lookback: Duration = .zero,
        make: @escaping (BatchTime) throws -> RDD<Element>?
    ) {
        self.make = make
        super.init(name: name, slide: slide, parents: parents, graph: graph, lookback: lookback)
    }

    /// The RDD of the batch at `time`, made when first asked for; nil where the stream has no batch then.
    func rdd(at time: BatchTime) throws -> RDD<Element>? {
        guard time > graph.zeroTime, time.isMultiple(of: slide, since: graph.zeroTime) else { return nil }
        if let known = generated[time] { return known }
        guard let rdd = try make(time) else { return nil }
        generated[time] = rdd
        return rdd
    }

    /// The RDDs of all batches in (end - length, end], oldest first.
    func slice(length: Duration, endingAt end: BatchTime) throws -> [RDD<Element>] {
        var result: [RDD<Element>] = []
        var time = end - length + slide
        while time <= end {
            if let rdd = try rdd(at: time) { result.append(rdd) }
            time = time + slide
        }
        return result
    }

    override func makeBatch(at time: BatchTime) throws { _ = try rdd(at: time) }

    override func forget(before time: BatchTime) {
        generated = generated.filter { $0.key > time - rememberDuration }
    }
}

/// One thing to be done with a stream's batches.
struct StreamOutput: Sendable {
    let name: String
    /// The job of a batch, or nil where the stream has no batch then. Called on the generator's thread.
    let job: @Sendable (BatchTime) throws -> (@Sendable () throws -> Void)?
}

/// All steps and outputs of a streaming context. Changed while the program is being put together, read by the generator.
final class StreamGraph: @unchecked Sendable {
    let batchInterval: Duration
    private(set) var steps: [StreamStep] = []
    private(set) var outputs: [StreamOutput] = []
    private(set) var inputs: [any StreamInput] = []
    /// What was wrong with the program, found while it was put together; `start` throws the first.
    private(set) var problems: [SwiftwaterError] = []
    var zeroTime = BatchTime(milliseconds: 0)
    var isFrozen = false

    init(batchInterval: Duration) { self.batchInterval = batchInterval }

    func add(_ step: StreamStep) {
        checkOpen("an operator (\(step.name))")
        steps.append(step)
    }

    func add(_ output: StreamOutput) {
        checkOpen("an output (\(output.name))")
        outputs.append(output)
    }

    func add(_ input: any StreamInput) { inputs.append(input) }

    func add(_ problem: SwiftwaterError) { problems.append(problem) }

    private func checkOpen(_ what: String) {
        precondition(!isFrozen, "nothing may be added after start(): \(what) came too late")
    }

    /// The jobs of the batch at `time`, in the order in which the outputs were declared.
    func jobs(at time: BatchTime) throws -> [(name: String, run: @Sendable () throws -> Void)] {
        // Sources first, also those that no output asks at this time: a window with a longer slide asks for them later.
        for step in steps where step.parents.isEmpty { try step.makeBatch(at: time) }
        return try outputs.compactMap { output in try output.job(time).map { (output.name, $0) } }
    }

    func forget(before time: BatchTime) { for step in steps { step.forget(before: time) } }
}

/// A source of a stream, as the engine drives it.
protocol StreamInput: Sendable {
    func start() throws
    /// Takes no more input. Returns when what was received can be read.
    func stop()
    /// Whether something was received that no batch has yet.
    var hasPending: Bool { get }
    /// The batch at `time` is done with.
    func release(_ time: BatchTime)
}
