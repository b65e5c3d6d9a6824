import Logging
import SwiftwaterCore
import SwiftwaterStorage

/// Makes batches and runs their jobs.
///
/// Has no threads: `BatchScheduler` calls `makeNext` on one thread and `run` on another; a simulation calls both on
/// one.
final class BatchRunner: @unchecked Sendable {
    struct Batch: Sendable {
        let time: BatchTime
        let jobs: [BatchJob]
        let size: BatchSize
        let isReplayed: Bool
    }

    private let graph: StreamGraph
    private let clock: any StreamClock
    private let context: Context
    private let settings: StreamSettings
    private let reporter: ProgressReporter
    private let estimator: Monitor<RateEstimator>
    private(set) var durability: Durability?
    /// The next batch time. Generator only.
    private var next = BatchTime(milliseconds: 0)
    /// Batches to make again, oldest first. Generator only.
    private var replays: [(time: BatchTime, wanting: Bool, isEmpty: Bool)] = []
    private var log = LogContents()

    init(
        graph: StreamGraph, clock: any StreamClock, context: Context, settings: StreamSettings,
        reporter: ProgressReporter
    ) {
        self.graph = graph
        self.clock = clock
        self.context = context
        self.settings = settings
        self.reporter = reporter
        estimator = Monitor(RateEstimator(batchInterval: graph.batchInterval))
    }

    /// Finds the time to begin at, restores states and sources, and starts the sources.
    func start(checkpoint: CheckpointSettings?) throws {
        graph.freeze()
        if let problem = graph.sharedSinkName { throw problem }
        let interval = graph.batchInterval.wholeMilliseconds
        let now = clock.now()
        let floor = BatchTime(milliseconds: now.milliseconds / interval * interval)
        graph.zeroTime = floor
        next = floor + graph.batchInterval
        if let checkpoint {
            if let problem = Durability.problem(graph) { throw problem }
            let durability = try Durability(checkpoint, graph: graph, files: settings.files, context: context)
            self.durability = durability
            let plan = try durability.recover(graph)
            if let manifest = plan.checkpoint { try planReplays(manifest, plan.log, now: floor) }
        } else if !graph.sources.isEmpty {
            context.logger.info("no checkpoint directory: state is lost when this process ends")
        }
        do {
            for source in graph.sources { try source.input.start() }
            if durability != nil, replays.isEmpty, log.batches.isEmpty {
                // There is a checkpoint to continue from as soon as the stream runs.
                try durability?.checkpointFirst(next - graph.batchInterval, graph, now: now)
            }
        } catch {
            for source in graph.sources { source.input.stop() }
            durability?.close()
            throw error
        }
    }

    /// Lists the batches to make again: those whose RDDs windows still read, those after the checkpoint, and those
    /// missed while the program was down, at most one window's length of them.
    private func planReplays(_ manifest: CheckpointManifest, _ log: LogContents, now: BatchTime) throws {
        self.log = log
        let horizon = manifest.time - graph.replayDuration
        for batch in log.batches {
            for source in graph.sources {
                let description = batch.sources[source.step.label!.name] ?? []
                try Durability.explainingChangedSource(source.step) {
                    if batch.time <= horizon {
                        try source.input.discard(description)
                    } else {
                        try source.input.retake(batch.time, description, isPast: batch.time <= manifest.time)
                    }
                }
            }
            if batch.time > horizon {
                replays.append((batch.time, batch.time > manifest.time, false))
            }
        }
        let last = max(log.batches.last?.time ?? manifest.time, manifest.time)
        try checkOutputs(last)
        for time in missedTimes(after: last, upTo: now) { replays.append((time, true, true)) }
        next = max(now, last) + graph.batchInterval
        let pending = replays.filter { $0.wanting && !$0.isEmpty }.count
        context.logger.notice(
            """
            continuing from the checkpoint of \(manifest.time): \(pending) batches to run again, \
            \(replays.filter(\.isEmpty).count) missed
            """
        )
    }

    /// Returns the batch times missed while the program was down, as far as they matter.
    ///
    /// These are the times up to the first slide, at which windows take what came before the end, and those of the last
    /// window's length.
    private func missedTimes(after last: BatchTime, upTo now: BatchTime) -> [BatchTime] {
        var times: [BatchTime] = []
        var time = last + graph.batchInterval
        while time <= now {
            if time > last + graph.longestSlide && time <= now - graph.longestWindow {
                time = (now - graph.longestWindow).rounded(downTo: graph.batchInterval, since: graph.zeroTime)
            } else {
                times.append(time)
            }
            time = time + graph.batchInterval
        }
        return times
    }

    /// Checks that no output has a batch that is not in the log.
    private func checkOutputs(_ last: BatchTime) throws {
        // The records of batches may be among those that a repair gave up.
        guard log.lost.count == 0 else { return }
        for output in graph.outputs {
            guard let committed = try output.sink?.lastCommitted(), committed > last, committed < next else { continue }
            throw SwiftwaterError(
                .corrupted, "the output has batch \(committed), but the log ends at \(last): the log was cut",
                at: .init(streamOperator: output.displayName),
                remedy: "restore the checkpoint directory from a backup, "
                    + "or start again with an empty one and a new output"
            )
        }
    }

    // MARK: Making batches (generator's thread)

    /// The time of the next batch. Batches to make again are due at once.
    var nextTime: BatchTime { replays.first?.time ?? next }

    var hasReplays: Bool { !replays.isEmpty }

    var batchInterval: Duration { graph.batchInterval }

    /// Leaves out the batches between the last one and a clock that is far ahead of it, but for those of the last
    /// window, as after a restart: a clock set forward by a day costs one window. What has arrived is in the batch
    /// after them.
    func skipMissed(now: BatchTime) {
        guard replays.isEmpty else { return }
        let end = now.rounded(downTo: graph.batchInterval, since: graph.zeroTime)
        let kept = graph.longestWindow + graph.longestSlide + graph.batchInterval * settings.waitingBatchesMax
        guard next + kept < end else { return }
        let times = missedTimes(after: next - graph.batchInterval, upTo: end)
        let missed = (end.milliseconds - next.milliseconds) / graph.batchInterval.wholeMilliseconds + 1
        context.logger.warning(
            """
            the clock is at \(now), and the next batch was that of \(next): \(missed - Int64(times.count)) batches are left \
            out, and \(times.count) are made for the windows; what has arrived is in the batch after them
            """)
        replays = times.map { ($0, true, true) }
        next = end + graph.batchInterval
    }

    var hasPending: Bool { graph.sources.contains { $0.input.hasPending } }

    /// Makes the next batch. Returns nil if it is made again only for windows to read.
    func makeNext() throws -> Batch? {
        if !replays.isEmpty { return try replay(replays.removeFirst()) }
        let time = next
        next = time + graph.batchInterval
        let limit =
            settings.hasBackpressure
            ? estimator.read { $0.batchMaxBytes(first: settings.firstBatchMaxBytes) } : .max
        var taken: [(name: String, description: [UInt8])] = []
        for source in graph.sources {
            let description = try source.input.take(time, maxBytes: limit)
            if !description.isEmpty { taken.append((source.step.label?.name ?? source.step.kind, description)) }
        }
        try durability?.record(time, taken)
        return try finish(time, isReplayed: false)
    }

    private func replay(_ batch: (time: BatchTime, wanting: Bool, isEmpty: Bool)) throws -> Batch? {
        if batch.isEmpty { try durability?.record(batch.time, []) }
        guard batch.wanting else {
            for source in graph.sources { try source.step.makeBatch(at: batch.time) }
            for source in graph.sources { source.input.release(batch.time) }
            return nil
        }
        return try finish(batch.time, isReplayed: true)
    }

    private func finish(_ time: BatchTime, isReplayed: Bool) throws -> Batch {
        let jobs = try graph.jobs(at: time) { output in
            guard isReplayed else { return true }
            if let sink = output.sink { return try !sink.isCommitted(time) }
            return !log.done.contains(time)
        }
        graph.forget(before: time)
        return Batch(time: time, jobs: jobs, size: size(of: time), isReplayed: isReplayed)
    }

    /// Returns the size of a batch, as far as its sources know it now.
    private func size(of time: BatchTime) -> BatchSize {
        graph.sources.reduce(into: BatchSize()) { size, source in
            let its = source.input.size(of: time)
            size.records += its.records
            size.bytes += its.bytes
        }
    }

    func cutAndFlush() throws {
        for source in graph.sources { source.input.cut() }
        try durability?.flush()
    }

    func stopSources() { for source in graph.sources { source.input.stop() } }

    // MARK: Running batches (jobs' thread)

    /// Runs the jobs of a batch, in order.
    ///
    /// - Throws: the error of a failed job, with the job's name, if failed batches stop the stream.
    func run(_ batch: Batch, waiting: Int) throws {
        var information = BatchInformation(time: batch.time)
        (information.size, information.isReplayed, information.waitingBatches) = (batch.size, batch.isReplayed, waiting)
        let begin = clock.instant()
        information.schedulingDelay = max(begin - .milliseconds(batch.time.milliseconds), .zero)
        var before = begin
        for job in batch.jobs {
            do { try job.run() } catch {
                let failure = BatchRunner.describe(error, at: batch.time, output: job.name)
                try setAside(batch, failure)
                information.failure = failure
                break
            }
            let after = clock.instant()
            information.jobs.append((job.name, after - before))
            before = after
        }
        information.processingTime = before - begin
        // Some sources know their lines when they were read.
        information.size.records = size(of: batch.time).records
        try durability?.recordDone(batch.time)
        if settings.hasBackpressure {
            information.nextBatchMaxBytes = estimator.update {
                $0.update(
                    time: batch.time, bytes: batch.size.bytes, processingTime: information.processingTime,
                    schedulingDelay: information.schedulingDelay)
                return $0.batchMaxBytes(first: settings.firstBatchMaxBytes)
            }
        }
        for source in graph.sources { source.input.release(batch.time) }
        durability?.checkpoint(batch.time, graph, now: clock.now())
        information.checkpoint = durability?.newestCheckpoint
        if context.logger.logLevel <= .debug {
            context.logger.debug("batch \(batch.time) took \(information.processingTime.label)")
        }
        reporter.report(information)
    }

    static func describe(_ error: any Error, at time: BatchTime, output: String) -> SwiftwaterError {
        var known =
            error as? SwiftwaterError
            ?? SwiftwaterError(.taskFailed, "\(error)", at: .init(streamOperator: output), cause: error)
        if known.location?.streamOperator == nil {
            known.location = known.location ?? .init()
            known.location?.streamOperator = output
        }
        let prefix = "batch \(time) failed: "
        if !known.message.hasPrefix(prefix) { known.message = prefix + known.message }
        return known
    }

    /// Writes the input of a failed batch to the dead-letter directory. Throws the failure if there is none, or
    /// if the state is invalid.
    private func setAside(_ batch: Batch, _ failure: SwiftwaterError) throws {
        guard case .setAside(let directory) = settings.onFailure, failure.code != .invalidState else { throw failure }
        let folder = directory + "/batch-\(batch.time.milliseconds)"
        let files = settings.files
        try files.createDirectory(folder)
        for source in graph.sources {
            guard let text = try source.input.text(of: batch.time), !text.isEmpty else { continue }
            let name = PathName.escaped(source.step.label?.name ?? source.step.kind)
            try files.replace(folder + "/\(name).txt", with: text)
        }
        try files.replace(folder + "/error.txt", with: Array("\(failure)\n".utf8))
        context.logger.error("\(failure); its input is in \(folder); the stream continues")
    }

    /// Ends the stream: stores the states if it ended in order, and releases the directory.
    func end(after time: BatchTime?, isOrderly: Bool) {
        if isOrderly, let time, let durability {
            durability.checkpoint(time, graph, isForced: true, now: clock.now())
        }
        durability?.close()
        reporter.finish()
        graph.release()
    }
}
