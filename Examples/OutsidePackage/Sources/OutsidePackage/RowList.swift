import Swiftwater
import Synchronization

/// A custom sink that keeps its batches in memory.
final class RowList: TableSink {
    private let batches = Mutex<[String: [BatchTime: [[SinkValue]]]]>([:])

    func open(output: String, columns: [String]) { batches.withLock { $0[output] = $0[output] ?? [:] } }

    func commit(output: String, _ batch: SinkBatch) { batches.withLock { $0[output]?[batch.time] = batch.rows } }

    func isCommitted(output: String, _ time: BatchTime) -> Bool { batches.withLock { $0[output]?[time] != nil } }

    func lastCommitted(output: String) -> BatchTime? { batches.withLock { $0[output]?.keys.max() } }

    /// The rows of the latest batch of an output.
    func latest(_ output: String) -> [[SinkValue]] {
        lastCommitted(output: output).flatMap { time in batches.withLock { $0[output]?[time] } } ?? []
    }
}
