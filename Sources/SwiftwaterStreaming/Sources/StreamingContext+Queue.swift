import SwiftwaterCore

extension StreamingContext {
    /// Returns a stream of RDDs from a list: one for each batch, in order, then empty batches. For tests and examples.
    /// The RDD of a batch depends on its time alone, so it is the same after a restart.
    public func queueStream<Element: Sendable>(_ queue: [RDD<Element>]) -> DStream<Element> {
        let empty = engine.parallelize([Element]())
        let interval = batchInterval
        let node = StreamNode<Element>(kind: "queue", slide: batchInterval, parents: [], graph: graph) {
            [unowned graph] time in
            let index = Int((time - graph.zeroTime).wholeMilliseconds / interval.wholeMilliseconds) - 1
            return index < queue.count ? queue[index] : empty
        }
        graph.add(QueueInput(), for: node)
        return DStream(context: self, node: node)
    }

    /// Returns a stream of the elements of arrays, one array for each batch.
    public func queueStream<Element: Sendable>(_ queue: [[Element]]) -> DStream<Element> {
        queueStream(queue.map { engine.parallelize($0) })
    }
}

/// The input of a queue. It stores nothing: batches follow from their times.
private final class QueueInput: StreamInput {
    func identity(_ kind: String) -> String { "queue" }
    func start() throws {}
    func stop() {}
    var hasPending: Bool { false }
    func take(_ time: BatchTime, maxBytes: Int) throws -> [UInt8] { [] }
    func retake(_ time: BatchTime, _ description: [UInt8], isPast: Bool) throws {}
    var position: [UInt8] { [] }
    func restore(_ position: [UInt8]) throws {}
}
