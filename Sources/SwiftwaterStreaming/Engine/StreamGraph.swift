import SwiftwaterCore

/// One thing to be done with a stream's batches.
struct StreamOutput: Sendable {
    /// What the program calls it; nil where it did not say.
    let name: String?
    let kind: String
    let step: StreamStep
    /// Whether the output itself knows which batches it has: then a batch that is done again changes nothing.
    var sink: (any CommittingOutput)?
    /// The job of a batch, or nil where the stream has no batch then. Called on the generator's thread.
    let job: @Sendable (BatchTime) throws -> (@Sendable () throws -> Void)?

    var displayName: String { name ?? kind }
}

/// An output that keeps batches under their time.
protocol CommittingOutput: Sendable {
    func isCommitted(_ time: BatchTime) throws -> Bool
    /// The latest batch that it has, or nil.
    func lastCommitted() throws -> BatchTime?
}

/// All steps and outputs of a streaming context. Changed while the program is being put together, read by the generator.
final class StreamGraph: @unchecked Sendable {
    let batchInterval: Duration
    private(set) var outputs: [StreamOutput] = []
    private(set) var sources: [(step: StreamStep, input: any StreamInput)] = []
    /// The steps that outputs read, sources first. Known when the program starts.
    private(set) var steps: [StreamStep] = []
    private var statefulSteps: [any StatefulStep] = []
    /// What was wrong with the program, found while it was put together; `start` throws the first.
    private(set) var problems: [SwiftwaterError] = []
    var zeroTime = BatchTime(milliseconds: 0)
    var isFrozen = false
    private(set) var isReleased = false

    init(batchInterval: Duration) { self.batchInterval = batchInterval }

    func add(_ output: StreamOutput) {
        checkOpen("an output (\(output.displayName))")
        outputs.append(output)
    }

    func add(_ input: any StreamInput, for step: StreamStep) { sources.append((step, input)) }

    func add(_ problem: SwiftwaterError) { problems.append(problem) }

    func checkOpen(_ what: String) {
        precondition(!isFrozen, "nothing may be added after start(): \(what) came too late")
    }

    /// Puts the steps that are used in order and works out how long each has to remember its RDDs.
    func freeze() {
        isFrozen = true
        var seen: Set<ObjectIdentifier> = []
        func visit(_ step: StreamStep) {
            guard seen.insert(ObjectIdentifier(step)).inserted else { return }
            for parent in step.parents { visit(parent) }
            steps.append(step)
        }
        for source in sources { visit(source.step) }
        for output in outputs { visit(output.step) }
        for step in steps.reversed() {
            for parent in step.parents { parent.remember(step.rememberDuration + step.lookback) }
        }
        statefulSteps = steps.compactMap { $0 as? any StatefulStep }
    }

    var stateful: [any StatefulStep] { statefulSteps }

    /// How much of the sources' past batches is read again when the program continues after a stop: the reach of the windows
    /// that keep no state of their own.
    var replayDuration: Duration {
        steps.filter { $0.parents.isEmpty }.map { $0.rememberDuration }.max() ?? batchInterval
    }

    /// The longest window or memory of the program.
    var longestWindow: Duration {
        let windows = statefulSteps.compactMap { $0.state.window } + steps.map(\.rememberDuration)
        return windows.max() ?? batchInterval
    }

    /// The longest time between two batches of a step.
    var longestSlide: Duration { steps.map(\.slide).max() ?? batchInterval }

    /// The work of the batch at `time`: first what brings states forward, parents before children; then the outputs in the
    /// order in which they were declared.
    func jobs(at time: BatchTime, wanting: (StreamOutput) throws -> Bool = { _ in true }) throws -> [BatchJob] {
        // Sources first, also those that no output asks at this time: a window with a longer slide asks for them later.
        for source in sources { try source.step.makeBatch(at: time) }
        var jobs: [BatchJob] = []
        for step in statefulSteps {
            if let run = try step.advance(to: time) { jobs.append(BatchJob(name: step.displayName, run: run)) }
        }
        for output in outputs where try wanting(output) {
            if let run = try output.job(time) { jobs.append(BatchJob(name: output.displayName, run: run)) }
        }
        return jobs
    }

    /// Two sinks of one name would each take the other's batches for their own.
    var sharedSinkName: SwiftwaterError? {
        var names: Set<String> = []
        for case let (name?, _?) in outputs.map({ ($0.name, $0.sink) }) where !names.insert(name).inserted {
            return SwiftwaterError(
                .invalidState, "two sinks are called '\(name)'", at: .init(streamOperator: name),
                remedy: "give each a name of its own")
        }
        return nil
    }

    /// The stream has ended: what the program's closures hold is let go. One of them may well hold the context.
    func release() {
        isReleased = true
        outputs = []
        sources = []
        steps = []
        statefulSteps = []
    }

    func forget(before time: BatchTime) { for step in steps { step.forget(before: time) } }
}

struct BatchJob: Sendable {
    let name: String
    let run: @Sendable () throws -> Void
}
