import SwiftwaterCore

/// All steps and outputs of a streaming context. Changed while the program is being built, then read by the generator.
final class StreamGraph: @unchecked Sendable {
    let batchInterval: Duration
    private(set) var outputs: [StreamOutput] = []
    private(set) var sources: [(step: StreamStep, input: any StreamInput)] = []
    /// The steps that outputs read, sources first. Known once the program starts.
    private(set) var steps: [StreamStep] = []
    private var statefulSteps: [any StatefulStep] = []
    /// The errors found while the program was being built; `start` throws the first.
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
        precondition(!isFrozen, "\(what) cannot be added after start()")
    }

    /// Orders the steps that are used and computes how long each must remember its RDDs.
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

    /// How far back the sources' batches are read again when the program resumes: the reach of the windows that keep no
    /// state of their own.
    var replayDuration: Duration {
        steps.filter { $0.parents.isEmpty }.map { $0.rememberDuration }.max() ?? batchInterval
    }

    /// The longest window or remembered time of the program.
    var longestWindow: Duration {
        let windows = statefulSteps.compactMap { $0.state.window } + steps.map(\.rememberDuration)
        return windows.max() ?? batchInterval
    }

    /// The longest time between two batches of a step.
    var longestSlide: Duration { steps.map(\.slide).max() ?? batchInterval }

    /// Returns the work of the batch at `time`: first the jobs that advance states, parents before children, then the
    /// outputs in the order of their declaration.
    func jobs(at time: BatchTime, wanting: (StreamOutput) throws -> Bool = { _ in true }) throws -> [BatchJob] {
        // Sources first, including those that no output reads now: a window with a longer slide reads them later.
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

    /// The error for two sinks with the same name, which would each take the other's batches for its own; or nil.
    var sharedSinkName: SwiftwaterError? {
        var names: Set<String> = []
        for case let (name?, _?) in outputs.map({ ($0.name, $0.sink) }) where !names.insert(name).inserted {
            return SwiftwaterError(
                .invalidState, "two sinks are named '\(name)'", at: .init(streamOperator: name),
                remedy: "give each a unique name")
        }
        return nil
    }

    /// Releases what the program's closures hold. Called when the stream has ended; one of them may hold the context.
    func release() {
        isReleased = true
        outputs = []
        sources = []
        steps = []
        statefulSteps = []
    }

    func forget(before time: BatchTime) { for step in steps { step.forget(before: time) } }
}
