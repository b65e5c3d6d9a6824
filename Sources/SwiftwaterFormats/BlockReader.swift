import SwiftwaterCore

/// A reader of a text file (plain, gzip, or `-` for standard input), block by block.
package struct BlockReader {
    private let read: (UnsafeMutableRawBufferPointer) throws -> Int
    private let builder: BlockBuilder
    private var isAtEnd = false

    /// Opens a file, or standard input if the path is `-`.
    package init(path: String, limits: LineLimits = LineLimits()) throws {
        let source = try ByteSource(path: path)
        self.init(limits: limits) { try source.read(into: $0) }
    }

    /// Opens a part of a file.
    package init(_ split: FileSplit, limits: LineLimits = LineLimits()) throws {
        try split.checkSize()
        if split.isWhole {
            try self.init(path: split.path, limits: limits)
        } else {
            let bytes = try SplitBytes(split)
            self.init(limits: limits) { try bytes.read(into: $0) }
        }
    }

    private init(limits: LineLimits, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
        self.read = read
        builder = BlockBuilder(limits: limits)
    }

    /// The faults found so far.
    package var faults: LineFaults { builder.faults }

    /// Returns the next block, or nil at the end.
    package mutating func next() throws -> TextBlock? {
        while !isAtEnd {
            let (count, full) = try builder.fill(read)
            if count == 0 {
                isAtEnd = true
                return builder.finish()
            }
            // Lines that a pipe has delivered are passed on at once, even if the block is not full.
            if let block = full ?? builder.cut() { return block }
        }
        return nil
    }
}
