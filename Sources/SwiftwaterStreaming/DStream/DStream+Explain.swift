import SwiftwaterCore

extension DStream {
    /// Returns the plan of this stream, as the program wrote it and as it runs. The engine replaces a window and a
    /// reduction over it with a single operator.
    ///
    ///     as written                as it runs
    ///     reduceByKey               reduceByKeyAndWindow (length 20 s, slide 10 s, two stacks)
    ///       map                       reduceByKey
    ///         window (...)              map
    ///           socket ...                socket ...
    public func explain() -> String {
        var lines = ["as written"]
        PlanText.append(node, depth: 1, showsWritten: true, to: &lines)
        lines.append("as it runs")
        PlanText.append(node, depth: 1, showsWritten: false, to: &lines)
        return lines.joined(separator: "\n") + "\n"
    }
}

private enum PlanText {
    static func append(_ step: StreamStep, depth: Int, showsWritten: Bool, to lines: inout [String]) {
        if showsWritten, let written = step.written {
            return append(written, depth: depth, showsWritten: true, to: &lines)
        }
        let detail = step.detail.isEmpty ? "" : " (\(step.detail))"
        lines.append(String(repeating: "  ", count: depth) + step.displayName + detail)
        for parent in step.parents { append(parent, depth: depth + 1, showsWritten: showsWritten, to: &lines) }
    }
}
