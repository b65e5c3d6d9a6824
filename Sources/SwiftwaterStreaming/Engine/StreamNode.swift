import SwiftwaterCore

class StreamNode<Element: Sendable>: StreamStep, @unchecked Sendable {
    private let make: (BatchTime) throws -> RDD<Element>?
    private var generated: [BatchTime: RDD<Element>] = [:]

    init(
        kind: String, detail: String = "", slide: Duration, parents: [StreamStep], graph: StreamGraph,
        lookback: Duration = .zero, make: @escaping (BatchTime) throws -> RDD<Element>?
    ) {
        self.make = make
        super.init(kind: kind, detail: detail, slide: slide, parents: parents, graph: graph, lookback: lookback)
    }

    /// Returns the RDD of the batch at `time`, made on first use; nil if the stream has no batch then.
    func rdd(at time: BatchTime) throws -> RDD<Element>? {
        guard hasBatch(at: time) else { return nil }
        if let known = generated[time] { return known }
        guard let rdd = try make(time) else { return nil }
        generated[time] = rdd
        return rdd
    }

    /// Returns the RDDs of all batches in (end - length, end], oldest first.
    func slice(length: Duration, endingAt end: BatchTime) throws -> [(time: BatchTime, rdd: RDD<Element>)] {
        var result: [(BatchTime, RDD<Element>)] = []
        var time = end - length + slide
        while time <= end {
            if let rdd = try rdd(at: time) { result.append((time, rdd)) }
            time = time + slide
        }
        return result
    }

    override func makeBatch(at time: BatchTime) throws { _ = try rdd(at: time) }

    override func forget(before time: BatchTime) {
        generated = generated.filter { $0.key > time - rememberDuration }
    }
}
