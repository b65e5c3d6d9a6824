import SwiftwaterCore

extension DStream {
    /// Calls `body` with the RDD and the time of every batch, in order, one at a time.
    ///
    /// - Parameter name: what errors call this output.
    public func forEachBatch(
        name: String = "forEachBatch", _ body: @escaping @Sendable (RDD<Element>, BatchTime) throws -> Void
    ) {
        let node = node
        context.graph.add(
            StreamOutput(name: name) { time in
                guard let rdd = try node.rdd(at: time) else { return nil }
                return { try body(rdd, time) }
            })
    }

    /// Prints the first `count` elements of every batch under the batch's time, in the form of Spark's `print`.
    ///
    /// Pairs print as `(key,value)`. Control characters are escaped: what comes from outside cannot reach the terminal.
    public func print(count: Int = 10) {
        let write = context.write
        forEachBatch(name: "print") { rdd, time in
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
    static func describe(_ element: Any) -> String {
        let mirror = Mirror(reflecting: element)
        if mirror.displayStyle == .tuple {
            return "(" + mirror.children.map { describe($0.value) }.joined(separator: ",") + ")"
        }
        return TerminalText.safe("\(element)")
    }
}
