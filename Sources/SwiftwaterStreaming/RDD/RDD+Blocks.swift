import SwiftwaterCore

// Operators on text in the blocks in which it arrived, many lines at a time.

extension RDD where Element == Text {
    /// Creates an RDD of the lines of blocks. `blocks` may be called more than once for a partition.
    init(
        blocksOf context: Context, name: String, partitionCount: Int, blocks: @escaping BlockCompute
    ) {
        self.init(context: context, name: name, partitionCount: partitionCount) { partition, sink in
            try blocks(partition) { try $0.forEachLine(sink) }
        }
        self.blocks = blocks
    }

    /// Applies `body` to runs of partitions, block by block: for counting in bytes, without a call for each line.
    ///
    /// Lines that did not arrive in blocks (from a queue, or through `map` and `filter`) are gathered into blocks.
    ///
    /// - Parameters:
    ///   - name: the name in `toDebugString` and errors.
    ///   - groups: the maximum number of partitions in the result; neighbors are merged.
    ///   - body: is given the number of the result's partition. Calls its second argument with a closure that receives
    ///     each block, in order, and pushes results into its third. Blocks, and what points into them, are invalid when
    ///     that closure returns.
    package func mapBlocks<Result: Sendable>(
        named name: String, groups: Int,
        _ body:
            @escaping @Sendable (
                _ group: Int, _ forEachBlock: ((TextBlock) throws -> Void) throws -> Void,
                _ sink: (Result) throws -> Void
            ) throws -> Void
    ) -> RDD<Result> {
        let (all, push) = (partitionCount, blocks ?? RDD.gathering(compute))
        let count = max(1, min(groups, all))
        return RDD<Result>(context: context, name: name, parents: [lineage], partitionCount: count) { group, sink in
            try body(
                group,
                { take in
                    for partition in (all * group / count)..<(all * (group + 1) / count) { try push(partition, take) }
                }, sink)
        }
    }

    /// Gathers lines into blocks of about a megabyte.
    private static func gathering(_ compute: @escaping Compute) -> BlockCompute {
        { partition, sink in
            var bytes: [UInt8] = []
            func flush() throws {
                guard !bytes.isEmpty else { return }
                let block = TextBlock(bytes)
                defer { block.retire() }
                bytes.removeAll(keepingCapacity: true)
                try sink(block)
            }
            try compute(partition) { line in
                line.withBytes { bytes.append(contentsOf: $0) }
                bytes.append(0x0A)
                if bytes.count > 1 << 20 { try flush() }
            }
            try flush()
        }
    }
}
