import Logging
import SwiftwaterCore
import SwiftwaterFormats

extension Context {
    /// Returns an RDD of the elements of an array, divided into `partitions` runs of nearly equal length. By default
    /// there is one for each 1,024 elements, at most 64, whatever the number of threads.
    public func parallelize<Element: Sendable>(_ elements: [Element], partitions: Int? = nil) -> RDD<Element> {
        let wanted = partitions ?? min(64, (elements.count + 1023) / 1024)
        let count = max(1, min(wanted, max(elements.count, 1)))
        return RDD(context: self, name: "parallelize", partitionCount: count) { partition, sink in
            for element in elements[elements.range(ofPart: partition, of: count)] { try sink(element) }
        }
    }

    /// Returns the lines of a text file, plain or gzip, in partitions of 32 MiB (a gzip file is a single one). The file
    /// is read when an action runs.
    ///
    /// - Parameter format: the encoding of the file, and what the rows of a table become.
    /// - Parameter path: the path of the file.
    /// - Parameter limits: the limits of lines.
    public func textFile(
        _ path: String, limits: LineLimits = LineLimits(), format: TextFileFormat = TextFileFormat()
    ) -> RDD<Text> {
        textFiles([path], limits: limits, format: format)
    }

    /// Returns the lines of text files, in the order of the paths, each in partitions of 32 MiB.
    ///
    /// - Parameter format: the encoding of the files, and what the rows of tables become.
    /// - Parameter limits: the limits of lines.
    /// - Parameter paths: the paths of the files.
    public func textFiles(
        _ paths: [String], limits: LineLimits = LineLimits(), format: TextFileFormat = TextFileFormat()
    ) -> RDD<Text> {
        let splits = paths.flatMap { path in
            // A file that cannot be examined is an error of the action, like one that cannot be read.
            (try? FileSplit.splits(of: path, format: format)) ?? [FileSplit(missing: path)]
        }
        return RDD(blocksOf: self, name: "textFile", partitionCount: splits.count) { partition, sink in
            var reader = try BlockReader(splits[partition], limits: limits, format: format)
            while let block = try reader.next() {
                defer { block.retire() }
                try sink(block)
            }
            for message in reader.warnings() {
                self.logger.warning("\(splits[partition].path): \(message)")
            }
        }
    }

    /// Returns the lines of blocks that a receiver delivered, one partition per block.
    func blocks(_ blocks: [StoredBlock], name: String = "blocks") -> RDD<Text> {
        let held = HeldBlocks(blocks)
        return RDD(blocksOf: self, name: name, partitionCount: blocks.count) { partition, sink in
            try held.blocks[partition].withBlock(sink)
        }
    }

    /// Concatenates several RDDs. The result has all their partitions, in order.
    public func union<Element: Sendable>(_ rdds: [RDD<Element>]) -> RDD<Element> {
        if rdds.count == 1 { return rdds[0] }
        var ends: [Int] = []
        for rdd in rdds { ends.append((ends.last ?? 0) + rdd.partitionCount) }
        let place = { @Sendable [ends] (partition: Int) -> (rdd: Int, partition: Int) in
            let index = ends.firstIndex { partition < $0 }!
            return (index, partition - (index == 0 ? 0 : ends[index - 1]))
        }
        var union = RDD<Element>(
            context: self, name: "union", parents: rdds.map(\.lineage), partitionCount: ends.last ?? 0
        ) { partition, sink in
            let (rdd, own) = place(partition)
            try rdds[rdd].compute(own, sink)
        }
        if rdds.allSatisfy({ $0.blocks != nil }) {
            union.blocks = { partition, sink in
                let (rdd, own) = place(partition)
                try rdds[rdd].blocks!(own, sink)
            }
        }
        return union
    }
}

/// Blocks that live as long as the RDD over them. Afterwards their slices are invalid, which a debug build checks.
private final class HeldBlocks: Sendable {
    let blocks: [StoredBlock]
    init(_ blocks: [StoredBlock]) { self.blocks = blocks }
    deinit { for block in blocks { if case .memory(let text) = block.content { text.retire() } } }
}

extension Array {
    /// Returns the indexes of part `part` when the array is divided into `parts` runs of nearly equal length.
    func range(ofPart part: Int, of parts: Int) -> Range<Int> {
        (count * part / parts)..<(count * (part + 1) / parts)
    }
}
