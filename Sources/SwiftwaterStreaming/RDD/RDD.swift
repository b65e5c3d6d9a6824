import SwiftwaterCore
import Synchronization

/// A resilient distributed dataset: a lazy, partitioned collection that can compute each partition from its parents.
/// Nothing runs before an action (`collect`, `count`, `take`, ...).
///
/// Elements are pushed: a chain of narrow operators is one nested call for each element, and no collection is built
/// between them. Actions block the calling thread; call them from `forEachBatch`, from a program's main function, or
/// from a thread.
public struct RDD<Element: Sendable>: Sendable {
    /// A function that pushes every element of a partition into a closure.
    public typealias Compute = @Sendable (_ partition: Int, _ sink: (Element) throws -> Void) throws -> Void

    /// The context that the RDD runs on.
    public let context: Context
    /// The history of this RDD.
    public let lineage: Lineage
    @usableFromInline let compute: Compute
    /// Set if the elements are the lines of blocks of text: pushes the blocks of a partition, which are invalid
    /// afterwards.
    @usableFromInline var blocks: BlockCompute?
    @usableFromInline typealias BlockCompute =
        @Sendable (_ partition: Int, _ sink: (TextBlock) throws -> Void) throws -> Void

    /// Creates a custom RDD from a function that computes each of its partitions.
    ///
    /// - Parameters:
    ///   - name: the name in `toDebugString` and errors.
    ///   - parents: the RDDs that `compute` reads.
    ///   - compute: may be called more than once for a partition and must push the same elements in the same order.
    ///   - context: the context that runs it.
    ///   - partitionCount: the number of partitions.
    @inlinable
    public init(
        context: Context, name: String, parents: [Lineage] = [], partitionCount: Int, compute: @escaping Compute
    ) {
        self.init(
            lineage: Lineage(context: context, name: name, parents: parents, partitionCount: partitionCount),
            context: context, compute: compute)
    }

    @inlinable
    init(lineage: Lineage, context: Context, compute: @escaping Compute) {
        self.lineage = lineage
        self.context = context
        self.compute = compute
    }

    /// The number of partitions.
    public var partitionCount: Int { lineage.partitionCount }

    /// The lineage in Spark's format: the number of partitions, then each RDD over its parents; `+-` marks a shuffle.
    public var toDebugString: String { lineage.debugString }
}

/// One step in the history of an RDD: its name, its parents, and, for a shuffle, the stage that must run before its
/// partitions can be read.
public final class Lineage: Sendable {
    /// The number of the RDD, unique in its context.
    public let id: Int
    /// The name of the operator.
    public let name: String
    /// The steps that it was made from; none once a checkpoint has cut the lineage.
    public var parents: [Lineage] { allParents.withLock { $0 } }
    private let allParents: Mutex<[Lineage]>
    /// The number of partitions.
    public let partitionCount: Int
    private let context: Context
    private let cutsLineage: Bool
    private let kept = Mutex<(any Sendable)?>(nil)
    /// For a shuffle: runs the stage before it, once.
    @usableFromInline let materialize: (@Sendable () throws -> Void)?

    @usableFromInline
    init(
        context: Context, name: String, parents: [Lineage], partitionCount: Int,
        materialize: (@Sendable () throws -> Void)? = nil, isShuffle: Bool? = nil, cutsLineage: Bool = false
    ) {
        self.cutsLineage = cutsLineage
        self.isShuffle = isShuffle ?? (materialize != nil)
        self.id = context.makeIdentifier()
        self.context = context
        self.name = name
        allParents = Mutex(parents)
        self.partitionCount = partitionCount
        self.materialize = materialize
    }

    /// Whether this step is a shuffle, which `toDebugString` marks.
    public let isShuffle: Bool

    private let isDone = Atomic<Bool>(false)

    /// Runs every stage that must be done before the partitions of this RDD can be computed, parents first. What a
    /// finished shuffle came from is not visited again. O(steps of the lineage).
    func prepare() throws {
        try ClosureOnCluster.refuse(self, on: context)
        var visited: Set<Int> = []
        try prepare(&visited)
    }

    private func prepare(_ visited: inout Set<Int>) throws {
        guard visited.insert(id).inserted, !isDone.load(ordering: .acquiring) else { return }
        for parent in parents { try parent.prepare(&visited) }
        guard let materialize else { return }
        try materialize()
        isDone.store(true, ordering: .releasing)
        if cutsLineage { allParents.withLock { $0 = [] } }
    }

    /// Keeps a value alive for as long as this step of the lineage.
    func keep(_ value: some Sendable) { kept.withLock { $0 = value } }

    var debugString: String {
        var lines = ["(\(partitionCount)) \(name)[\(id)]"]
        func visit(parentsOf node: Lineage, indent: String) {
            for parent in node.parents {
                let marker = node.isShuffle ? "+-(\(parent.partitionCount)) " : "|  "
                lines.append("\(indent)\(marker)\(parent.name)[\(parent.id)]")
                visit(parentsOf: parent, indent: node.isShuffle ? indent + "   " : indent)
            }
        }
        visit(parentsOf: self, indent: " ")
        return lines.joined(separator: "\n")
    }
}

/// The result of a shuffle's stage, computed once by whichever caller comes first.
@usableFromInline
final class Materialized<Value: Sendable>: Sendable {
    private let state: Monitor<(value: Value?, isRunning: Bool)> = Monitor((nil, false))

    @usableFromInline init() {}

    @usableFromInline
    func fill(_ make: () throws -> Value) throws {
        let isMine = state.wait { state -> Bool? in
            if state.value != nil { return false }
            if state.isRunning { return nil }
            state.isRunning = true
            return true
        }
        guard isMine else { return }
        do {
            let value = try make()
            state.update { $0 = (value, false) }
        } catch {
            state.update { $0.isRunning = false }
            throw error
        }
    }

    @usableFromInline
    var value: Value {
        guard let value = state.read({ $0.value }) else {
            preconditionFailure("a partition was read before the stage it depends on had run")
        }
        return value
    }
}
