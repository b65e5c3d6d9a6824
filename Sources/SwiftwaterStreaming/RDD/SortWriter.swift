import Algorithms
import SwiftwaterCore

@usableFromInline
struct Keyed<Key: Sendable, Element: Sendable>: Sendable {
    @usableFromInline var key: Key
    @usableFromInline var element: Element
    @inlinable init(key: Key, element: Element) {
        self.key = key
        self.element = element
    }
}

/// One task's share of a sort: a run in memory, and the runs it had to spill.
@usableFromInline
final class SortWriter<Key: Sendable, Element: Sendable>: @unchecked Sendable {
    @usableFromInline var run: [Keyed<Key, Element>] = []
    var spilled: [SpillRun] = []
    @usableFromInline var capacity: Int
    private let spill: SpillSettings
    private let name: String
    private let areInOrder: (Keyed<Key, Element>, Keyed<Key, Element>) -> Bool

    @usableFromInline
    init(
        spill: SpillSettings, name: String,
        areInOrder: @escaping (Keyed<Key, Element>, Keyed<Key, Element>) -> Bool
    ) {
        self.spill = spill
        self.name = name
        self.areInOrder = areInOrder
        // The text that an element refers to is assumed to be as large as the element.
        capacity = max(16, spill.taskMemoryMaxBytes / (2 * MemoryLayout<Keyed<Key, Element>>.stride))
    }

    @inlinable
    func append(_ keyed: Keyed<Key, Element>) throws {
        run.append(keyed)
        if run.count == capacity { try flush() }
    }

    @usableFromInline
    func flush() throws {
        guard let codec = ElementCodec<Element>() else {
            throw SwiftwaterError(
                .limitExceeded,
                "a task's \(run.count) elements exceed its share of shuffleMemoryMaxBytes, "
                    + "and \(ElementCodec<Element>.typeName) cannot be spilled",
                at: .init(streamOperator: name),
                remedy: "make its types conform to StreamCodable, or raise the limit")
        }
        run.sort(by: areInOrder)
        let file = try SpillRun.Writer(directory: spill.directory)
        for keyed in run { try file.append { codec.encode(keyed.element, into: &$0) } }
        spilled.append(try file.finish())
        spill.spilled(spilled.last!.byteCount)
        run.removeAll(keepingCapacity: true)
    }
}

/// The result of a sort, by partition: in memory, or in one sorted file.
@usableFromInline
final class SortOutput<Key: Sendable, Element: Sendable>: @unchecked Sendable {
    /// The partitions, unless they are on disk.
    @usableFromInline let inMemory: [[Keyed<Key, Element>]]?
    private let file: (run: SpillRun, codec: ElementCodec<Element>)?
    private let parts: Int

    @usableFromInline
    init(
        _ writers: [SortWriter<Key, Element>], parts: Int, context: Context, name: String,
        key: @escaping (Element) throws -> Key,
        areInOrder: @escaping @Sendable (Keyed<Key, Element>, Keyed<Key, Element>) -> Bool,
        merge: @escaping @Sendable ([ArraySlice<Keyed<Key, Element>>]) -> [Keyed<Key, Element>]
    ) throws {
        self.parts = parts
        if writers.contains(where: { !$0.spilled.isEmpty }) {
            inMemory = nil
            file = try SortOutput.merged(writers, context.spillSettings, key, areInOrder)
            return
        }
        let runs = writers.map(\.run)
        let ranges = splitRuns(runs, parts: parts, areInOrder)
        let merged = Slots<[Keyed<Key, Element>]>(count: parts)
        try context.runTasks(count: parts, of: name) { part in
            merged.set(part, merge(zip(runs, ranges).map { $0[$1[part]] }))
        }
        inMemory = merged.all
        file = nil
    }

    private static func merged(
        _ writers: [SortWriter<Key, Element>], _ spill: SpillSettings, _ key: @escaping (Element) throws -> Key,
        _ areInOrder: @escaping (Keyed<Key, Element>, Keyed<Key, Element>) -> Bool
    ) throws -> (run: SpillRun, codec: ElementCodec<Element>) {
        let codec = ElementCodec<Element>()!
        var cursors: [SortedCursor<Keyed<Key, Element>>] = []
        for writer in writers {
            for run in writer.spilled {
                var reader = run.makeReader()
                cursors.append(
                    SortedCursor {
                        guard let record = try reader.next() else { return nil }
                        var bytes = ByteReader(record)
                        let element = try codec.decode(from: &bytes)
                        return Keyed(key: try key(element), element: element)
                    })
            }
            var next = 0
            cursors.append(
                SortedCursor {
                    guard next < writer.run.count else { return nil }
                    defer { next += 1 }
                    return writer.run[next]
                })
        }
        var merged = try MergedCursor(cursors, areInOrder)
        let file = try SpillRun.Writer(directory: spill.directory)
        while let keyed = try merged.next() { try file.append { codec.encode(keyed.element, into: &$0) } }
        let run = try file.finish()
        spill.spilled(run.byteCount)
        return (run, codec)
    }

    @usableFromInline
    func pushFromFile(_ part: Int, _ sink: (Element) throws -> Void) throws {
        guard let (run, codec) = file else { return }
        let first = run.recordCount * part / parts
        var reader = run.makeReader(from: first, count: run.recordCount * (part + 1) / parts - first)
        while let record = try reader.next() {
            var bytes = ByteReader(record)
            try sink(try codec.decode(from: &bytes))
        }
    }
}

/// Divides sorted runs into `parts` ranges of nearly equal size. The elements of a range come before those of the next,
/// and equal elements are in one range. Returns the ranges of each run.
func splitRuns<Element>(
    _ runs: [[Element]], parts: Int, _ areInOrder: (Element, Element) -> Bool
) -> [[Range<Int>]] {
    var samples: [Element] = []
    let total = runs.reduce(0) { $0 + $1.count }
    let stride = max(1, total / (parts * 64))
    for run in runs { for index in Swift.stride(from: 0, to: run.count, by: stride) { samples.append(run[index]) } }
    samples.sort(by: areInOrder)
    return runs.map { run in
        var bounds = [0]
        for part in 1..<max(parts, 1) {
            guard !samples.isEmpty else { bounds.append(0); continue }
            let splitter = samples[samples.count * part / parts]
            bounds.append(run[bounds.last!...].partitioningIndex { !areInOrder($0, splitter) })
        }
        bounds.append(run.count)
        return (0..<parts).map { bounds[$0]..<bounds[$0 + 1] }
    }
}

/// Merges sorted runs two by two. Of equal elements, those of the earlier run come first. O(n log runs).
@inlinable
func mergeRuns<Element>(_ slices: [ArraySlice<Element>], _ areInOrder: (Element, Element) -> Bool) -> [Element] {
    var runs = slices.filter { !$0.isEmpty }
    while runs.count > 1 {
        runs = stride(from: 0, to: runs.count, by: 2).map { index in
            guard index + 1 < runs.count else { return runs[index] }
            let (left, right) = (runs[index], runs[index + 1])
            var merged: [Element] = []
            merged.reserveCapacity(left.count + right.count)
            var (i, j) = (left.startIndex, right.startIndex)
            while i < left.endIndex && j < right.endIndex {
                if areInOrder(right[j], left[i]) {
                    merged.append(right[j])
                    j += 1
                } else {
                    merged.append(left[i])
                    i += 1
                }
            }
            merged.append(contentsOf: left[i...])
            merged.append(contentsOf: right[j...])
            return merged[...]
        }
    }
    return Array(runs.first ?? [])
}
