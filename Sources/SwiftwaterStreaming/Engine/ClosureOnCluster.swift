import SwiftwaterCore

/// The check that a program whose master is a cluster gets before anything runs: closures are machine code of this
/// process, which a cluster cannot run.
enum ClosureOnCluster {
    /// The operators and outputs that take no closure from the program. An operator that is not listed takes one.
    private static let operatorsWithout: Set<String> = [
        "cogroup", "count", "countByKey", "countByWindow", "distinctByKey", "fullOuterJoin", "glom", "groupByKey",
        "join", "leftOuterJoin", "maxByKey", "meanByKey", "minByKey", "persist", "print", "queue", "repartition",
        "rightOuterJoin", "save", "source", "sumByKey", "topByKey", "union", "values", "window",
    ]

    /// Throws if the context cannot be used, or its master is a cluster. The error names the first step with a closure,
    /// sources first, as the program wrote them.
    static func refuse(_ graph: StreamGraph, on context: Context) throws {
        if let problem = context.unusable { throw problem }
        guard case .spark(let url) = context.master else { return }
        var seen: Set<ObjectIdentifier> = []
        func first(_ step: StreamStep) -> String? {
            let step = step.written ?? step
            guard seen.insert(ObjectIdentifier(step)).inserted else { return nil }
            for parent in step.parents { if let name = first(parent) { return name } }
            return step.parents.isEmpty || operatorsWithout.contains(step.kind) ? nil : step.displayName
        }
        for output in graph.outputs {
            if let name = first(output.step) { throw error(name, url) }
        }
        for output in graph.outputs where !operatorsWithout.contains(output.kind) {
            throw error(output.name.map { "\(output.kind) '\($0)'" } ?? output.kind, url)
        }
        throw error(nil, url)
    }

    /// Throws if the context cannot be used, or its master is a cluster. The error names the first step of the lineage
    /// with a closure.
    static func refuse(_ lineage: Lineage, on context: Context) throws {
        if let problem = context.unusable { throw problem }
        guard case .spark(let url) = context.master else { return }
        func first(_ step: Lineage) -> String? {
            for parent in step.parents { if let name = first(parent) { return name } }
            return step.parents.isEmpty || operatorsWithout.contains(step.name) ? nil : step.name
        }
        throw error(first(lineage), url)
    }

    private static func error(_ step: String?, _ url: String) -> SwiftwaterError {
        let what =
            step == nil
            ? "RDDs and DStreams are computed in this process and cannot run at \(url)"
            : "this step runs a closure of the program, which cannot run at \(url)"
        return SwiftwaterError(
            .unsupported, what, at: step.map { .init(streamOperator: $0) },
            remedy:
                "write the job with SparkSession of SwiftwaterSpark, whose steps the cluster can run, or use local[*]")
    }
}
