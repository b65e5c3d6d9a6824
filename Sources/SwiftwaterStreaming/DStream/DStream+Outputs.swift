import SwiftwaterCore

extension DStream {
    /// Calls `body` with the RDD and the time of every batch, in order, one at a time.
    ///
    /// After a restart from a checkpoint, it may be called again with a batch that it already had: at least once, as in
    /// Spark. The time is then the same, so a body can recognize the batch, as sinks do.
    ///
    /// - Parameter name: the name of this output in errors and checkpoints.
    /// - Parameter body: called with each batch's RDD and its time.
    public func forEachBatch(
        name: String? = nil, _ body: @escaping @Sendable (RDD<Element>, BatchTime) throws -> Void
    ) { output(name: name, kind: "forEachBatch", sink: nil, body) }

    func output(
        name: String?, kind: String, sink: (any CommittingOutput)?,
        _ body: @escaping @Sendable (RDD<Element>, BatchTime) throws -> Void
    ) {
        let node = node
        context.graph.add(
            StreamOutput(name: name, kind: kind, step: node, sink: sink) { time in
                guard let rdd = try node.rdd(at: time) else { return nil }
                return { try body(rdd, time) }
            })
    }

    /// Prints the first `count` elements of every batch under the batch's time, in the form of Spark's `print`.
    ///
    /// Pairs print as `(key,value)`. Control characters are escaped, so input from outside cannot control the terminal.
    public func print(count: Int = 10, name: String? = nil) {
        let write = context.write
        output(name: name, kind: "print", sink: nil) { rdd, time in
            let rows = try rdd.take(count + 1)
            let line = String(repeating: "-", count: 43)
            var text = "\(line)\nTime: \(time)\n\(line)\n"
            for row in rows.prefix(count) { text += RowText.describe(row) + "\n" }
            if rows.count > count { text += "...\n" }
            try write(text + "\n")
        }
    }
}
