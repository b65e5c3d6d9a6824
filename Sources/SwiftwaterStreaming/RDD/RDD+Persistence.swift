import Logging
import SwiftwaterCore
import SwiftwaterStorage

extension RDD {
    /// Returns the same RDD, with its partitions kept in memory once computed.
    ///
    /// The context's `cacheMaxBytes` bounds the memory of all such RDDs. The least recently used partitions are evicted
    /// first and are computed again from their lineage when they are read.
    public func persist() -> RDD<Element> {
        let (compute, context) = (compute, context)
        let lineage = Lineage(
            context: context, name: "persist", parents: [lineage], partitionCount: partitionCount)
        let (id, cache) = (lineage.id, context.cache)
        let detacher = UncheckedBox(Detacher<Element>())
        lineage.keep(CacheLease(id: id, cache: cache))
        return RDD(lineage: lineage, context: context) { partition, sink in
            if let kept = cache.get(id, partition) as? [Element] {
                for element in kept { try sink(element) }
                return
            }
            var elements: [Element] = []
            try compute(partition) { elements.append(detacher.value.detached($0)) }
            cache.put(id, partition, elements, bytes: elements.count * MemoryLayout<Element>.stride + 64)
            for element in elements { try sink(element) }
        }
    }

    /// Keeps partitions in memory: Spark's other name for `persist()`.
    public func cache() -> RDD<Element> { persist() }

    /// Evicts the partitions of this RDD that `persist` keeps.
    public func unpersist() { context.cache.evict(lineage.id) }

    /// Evicts one partition, as if it were lost: the next read computes it again.
    package func evict(partition: Int) { context.cache.evict(lineage.id, partition) }

    /// The number of partitions in memory.
    public var persistedPartitions: Int { context.cache.count(lineage.id) }

    /// Returns the same RDD, written to files in `directory` on the first read and read from there afterwards.
    ///
    /// This cuts the lineage. Each file holds one partition and appears whole or not at all.
    ///
    /// - Throws: `invalidArgument` if the elements cannot be stored.
    public func checkpoint(directory: String) throws -> RDD<Element> {
        guard let codec = ElementCodec<Element>().map(UncheckedBox.init) else {
            throw SwiftwaterError(
                .invalidArgument, "elements of type \(ElementCodec<Element>.typeName) cannot be stored",
                at: .init(streamOperator: "checkpoint"), remedy: "make its types StreamCodable")
        }
        let (parent, context, count) = (self, context, partitionCount)
        let store: any ObjectStore = try StoreFolder.objects(in: directory, files: URLFileSystem())
        @Sendable func key(_ partition: Int) -> String { "part-" + zeroPadded(partition, 5) }
        let lineage = Lineage(
            context: context, name: "checkpoint", parents: [lineage], partitionCount: count,
            materialize: {
                try context.runTasks(count: count, of: "checkpoint") { partition in
                    var writer = ByteWriter()
                    try parent.compute(partition) { codec.value.encode($0, into: &writer) }
                    try store.put(key(partition), SealedBytes.seal(writer.bytes))
                }
            }, isShuffle: false, cutsLineage: true)
        return RDD(lineage: lineage, context: context) { partition, sink in
            let bytes = try SealedBytes.open(try store.get(key(partition)), name: directory + "/" + key(partition))
            var reader = ByteReader(bytes)
            while reader.remaining > 0 { try sink(try codec.value.decode(from: &reader)) }
        }
    }

    /// Writes each partition's elements as lines to `directory/part-00000` and so on, and then an empty `_SUCCESS`.
    ///
    /// Each file appears whole or not at all.
    ///
    /// - Throws: `invalidArgument` if the directory is not empty.
    public func saveAsTextFiles(_ directory: String) throws {
        let files = URLFileSystem()
        try files.createDirectory(directory)
        guard try files.entries(directory).isEmpty else {
            throw SwiftwaterError(
                .invalidArgument, "\(directory) is not empty", remedy: "name a directory that does not exist yet")
        }
        try context.runJob(lineage) { [compute] partition in
            let file = try AtomicFile(path: directory + "/part-" + zeroPadded(partition, 5), files: files)
            try compute(partition) { try file.write(RowText.line($0)) }
            try file.commit()
        }
        try AtomicFile(path: directory + "/_SUCCESS", files: files).commit()
    }
}

func zeroPadded(_ number: Int, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
