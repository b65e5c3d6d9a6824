import SwiftwaterCore

/// A step whose result depends on the batches before. It is advanced at each of its batch times, in order, before the
/// outputs of the batch run.
protocol StatefulStep: StreamStep {
    /// Returns the work of the batch at `time`, or nil if the step has no batch then. Called on the generator's thread.
    func advance(to time: BatchTime) throws -> (@Sendable () throws -> Void)?
    var state: any StepState { get }
}

/// The result of a stateful step for one batch: made by its work, read by the RDDs of that batch and of windows over
/// it.
@usableFromInline
final class BatchResult<Element: Sendable>: Sendable {
    @usableFromInline typealias Push = @Sendable (_ partition: Int, _ sink: (Element) throws -> Void) throws -> Void
    private let push = Monitor<Push?>(nil)

    @usableFromInline init() {}
    @usableFromInline func fill(_ push: @escaping Push) { self.push.update { $0 = push } }
    @usableFromInline var value: Push {
        guard let value = push.read({ $0 }) else {
            preconditionFailure("a batch was read before the state it depends on was advanced")
        }
        return value
    }
}

/// A step whose result is made by a state: the work that `plan` returns takes the inputs of one batch and fills the
/// result.
final class StatefulNode<Element: Sendable>: StreamNode<Element>, StatefulStep, @unchecked Sendable {
    let state: any StepState
    /// Collects the inputs of a batch on the generator's thread. The closure that it returns runs in the batch's job.
    private let plan: (BatchTime) throws -> (@Sendable (BatchResult<Element>) throws -> Void)
    private let results: Results

    /// The results of the batches that were made and may still be read.
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
