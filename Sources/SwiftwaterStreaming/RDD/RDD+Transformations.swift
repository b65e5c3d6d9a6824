import SwiftwaterCore

// The narrow operators. They are inlinable so that the closures are compiled for the element types of the program that uses
// them: through unspecialised code every element costs several times as much.

extension RDD {
    /// Every element through `transform`.
    @inlinable
    public func map<Result: Sendable>(_ transform: @escaping @Sendable (Element) throws -> Result) -> RDD<Result> {
        let compute = compute
        return RDD<Result>(
            context: context, name: "map", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let result: Result
                do { result = try transform(element) } catch { throw OperatorFailure.wrap(error, in: "map") }
                try sink(result)
            }
        }
    }

    /// The elements that `isIncluded` says yes to.
    @inlinable
    public func filter(_ isIncluded: @escaping @Sendable (Element) throws -> Bool) -> RDD<Element> {
        let compute = compute
        return RDD(
            context: context, name: "filter", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let isWanted: Bool
                do { isWanted = try isIncluded(element) } catch { throw OperatorFailure.wrap(error, in: "filter") }
                if isWanted { try sink(element) }
            }
        }
    }

    /// Everything that `transform` gives for each element, one after the other.
    @inlinable
    public func flatMap<Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Element) throws -> Parts
    ) -> RDD<Parts.Element> where Parts.Element: Sendable {
        let compute = compute
        return RDD<Parts.Element>(
            context: context, name: "flatMap", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let parts: Parts
                do { parts = try transform(element) } catch { throw OperatorFailure.wrap(error, in: "flatMap") }
                for part in parts { try sink(part) }
            }
        }
    }

    /// The value of every pair through `transform`; keys stay.
    @inlinable
    public func mapValues<Key: Sendable, Value: Sendable, Result: Sendable>(
        _ transform: @escaping @Sendable (Value) throws -> Result
    ) -> RDD<(Key, Result)> where Element == (Key, Value) {
        let compute = compute
        return RDD<(Key, Result)>(
            context: context, name: "mapValues", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { pair in
                let result: Result
                do { result = try transform(pair.1) } catch { throw OperatorFailure.wrap(error, in: "mapValues") }
                try sink((pair.0, result))
            }
        }
    }

    /// These elements and then those of `other`; equal ones are kept.
    public func union(_ other: RDD<Element>) -> RDD<Element> { context.union([self, other]) }
}

@usableFromInline
enum OperatorFailure {
    @usableFromInline
    static func wrap(_ error: any Error, in name: String) -> any Error {
        if error is JobCancellation { return error }
        if var known = error as? SwiftwaterError {
            if known.location?.streamOperator != nil { return known }
            known.location = known.location ?? .init()
            known.location?.streamOperator = name
            return known
        }
        return SwiftwaterError(.taskFailed, "\(error)", at: .init(streamOperator: name), cause: error)
    }
}
