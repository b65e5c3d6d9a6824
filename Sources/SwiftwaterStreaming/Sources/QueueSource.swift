import SwiftwaterCore

extension StreamingContext {
    /// A stream of RDDs from a list: one for each batch, in order; empty batches after the last. For tests and examples.
    public func queueStream<Element: Sendable>(_ queue: [RDD<Element>]) -> DStream<Element> {
        let empty = context.parallelize([Element]())
        let graph = graph
        let interval = batchInterval
        let node = StreamNode<Element>(name: "queue", slide: batchInterval, parents: [], graph: graph) {
            [unowned graph] time in
            let index = Int((time - graph.zeroTime).wholeMilliseconds / interval.wholeMilliseconds) - 1
            return index < queue.count ? queue[index] : empty
        }
        return DStream(context: self, node: node)
    }

    /// A stream of the elements of arrays: one array for each batch.
    public func queueStream<Element: Sendable>(_ queue: [[Element]]) -> DStream<Element> {
        queueStream(queue.map { context.parallelize($0) })
    }
}
