import SwiftwaterCore

extension DStream {
    /// Calls `body` with the RDD and the time of every batch, in order, one at a time.
    ///
    /// After a restart from a checkpoint it may be called again with a batch that it had: at least once, as in Spark. The
    /// time is the same then, so a body can know; sinks do.
    ///
    /// - Parameter name: what errors and checkpoints call this output.
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
    /// Pairs print as `(key,value)`. Control characters are escaped: what comes from outside cannot reach the terminal.
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

/// How an element is printed.
enum RowText {
    /// An element as a line of a text file, as Spark's `saveAsTextFile` writes it.
    static func line(_ element: Any) -> String {
        func plain(_ element: Any) -> String {
            let mirror = Mirror(reflecting: element)
            if mirror.displayStyle == .tuple {
                return "(" + mirror.children.map { plain($0.value) }.joined(separator: ",") + ")"
            }
            return "\(element)"
        }
        return plain(element) + "\n"
    }

    static func describe(_ element: Any) -> String {
        let mirror = Mirror(reflecting: element)
        if mirror.displayStyle == .tuple {
            return "(" + mirror.children.map { describe($0.value) }.joined(separator: ",") + ")"
        }
        return TerminalText.safe("\(element)")
    }
}
