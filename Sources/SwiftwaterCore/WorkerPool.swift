import CSwiftwaterKernels
import Synchronization

/// A fixed number of threads that run the tasks of one job at a time.
///
/// Results must not depend on which thread runs which task: a task writes only data that belongs to its index.
@usableFromInline package final class WorkerPool: @unchecked Sendable {
    /// The number of tasks that run at the same time, including the caller's thread.
    @usableFromInline package let threads: Int

    private struct Job {
        var number = 0
        var body: (@Sendable () -> Void)?
        var running = 0
        var isClosed = false
    }

    private let monitor = Monitor(Job())
    private let turn = Monitor(false)

    /// Starts the threads of a pool.
    ///
    /// - Parameter threads: The number of threads including the caller's; at least 1.
    @usableFromInline package init(threads: Int) {
        precondition(threads >= 1, "a pool needs at least one thread")
        self.threads = threads
        for index in 1..<max(threads, 1) {
            SystemThread.start(named: "swiftwater-worker-\(index)") { [monitor] in WorkerPool.work(monitor) }
        }
    }

    deinit { monitor.update { $0.isClosed = true } }

    private static func work(_ monitor: Monitor<Job>) {
        var last = 0
        while true {
            let body: (@Sendable () -> Void)? = monitor.wait { job in
                if job.isClosed { return .some(nil) }
                guard job.number != last, let body = job.body else { return nil }
                last = job.number
                job.running += 1
                return .some(body)
            }
            guard let body else { return }
            body()
            monitor.update { $0.running -= 1 }
        }
    }

    /// Runs `body` once for every index below `count`, on all threads of the pool, and returns when all have ended.
    ///
    /// - Throws: The error with the lowest index. Indexes that had not started when it occurred are skipped.
    @usableFromInline package func run(count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        guard count > 0 else { return }
        if threads == 1 || count == 1 || WorkerPool.isInsideTask {
            for index in 0..<count { try body(index) }
            return
        }
        // One job at a time; a second caller waits for its turn.
        turn.wait { busy -> Void? in
            if busy { return nil }
            busy = true
            return ()
        }
        defer { turn.update { $0 = false } }
        let progress = JobProgress(count: count)
        let step: @Sendable () -> Void = {
            WorkerPool.$isInsideTask.withValue(true) { progress.work(body) }
        }
        monitor.update {
            $0.number += 1
            $0.body = step
        }
        step()
        monitor.wait { job -> Void? in
            job.body = nil
            return job.running == 0 ? () : nil
        }
        if let error = progress.error { throw error }
    }

    @TaskLocal private static var isInsideTask = false

    /// The number of cores that this process may use.
    @usableFromInline package static var coreCount: Int { max(1, Int(sw_core_count())) }
}

/// The progress of a job: which tasks have been handed out, and the error with the lowest index.
private final class JobProgress: Sendable {
    private let count: Int
    private let next = Atomic<Int>(0)
    private let hasFailed = Atomic<Bool>(false)
    private let failure = Mutex<(index: Int, error: any Error)?>(nil)

    init(count: Int) { self.count = count }

    var error: (any Error)? { failure.withLock { $0?.error } }

    func work(_ body: (Int) throws -> Void) {
        while !hasFailed.load(ordering: .relaxed) {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            do { try body(index) } catch {
                failure.withLock { if $0 == nil || index < $0!.index { $0 = (index, error) } }
                hasFailed.store(true, ordering: .relaxed)
            }
        }
    }
}
