import Swiftwater
import Synchronization

/// A custom source that can be read again: lines "word N #tag" with N from 0, this many in each batch.
final class NumberedLines: ReplayableSource {
    private let linesPerBatch: Int
    private let first = Mutex(0)

    init(linesPerBatch: Int) { self.linesPerBatch = linesPerBatch }

    func start(at position: Int?) { first.withLock { $0 = position ?? 0 } }
    func stop() {}

    func next(maxBytes: Int) -> Int? {
        first.withLock { position in
            position += linesPerBatch
            return position - linesPerBatch
        }
    }

    func skip(_ range: Int) { first.withLock { $0 = max($0, range + linesPerBatch) } }
    var position: Int { first.withLock { $0 } }
    func size(of range: Int) -> BatchSize { BatchSize(records: linesPerBatch) }

    func partitions(of range: Int) -> [BlockPartition] {
        let text = (range..<range + linesPerBatch).map { "word \($0) #tag\($0 % 3)\n" }.joined()
        return [{ push in try push(TextBlock(text.utf8)) }]
    }
}
