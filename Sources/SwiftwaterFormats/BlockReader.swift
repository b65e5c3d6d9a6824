import SwiftwaterCore

/// A reader of a text file (plain, gzip, or `-` for standard input), block by block.
package struct BlockReader {
    private let read: (UnsafeMutableRawBufferPointer) throws -> Int
    private let formatted: FormattedBytes?
    private let builder: BlockBuilder
    private var isAtEnd = false
    /// Whether the file is a table without the columns that are needed; `next` throws what is missing.
    package private(set) var isUnreadableTable = false

    /// Opens a file, or standard input if the path is `-`.
    package init(path: String, limits: LineLimits = LineLimits(), format: TextFileFormat = TextFileFormat()) throws {
        let source = try ByteSource(path: path)
        let formatted = FormattedBytes(path, format, limits) { try source.read(into: $0) }
        self.init(limits, formatted) { try formatted.read(into: $0) }
    }

    /// Opens a part of a file.
    package init(
        _ split: FileSplit, limits: LineLimits = LineLimits(), format: TextFileFormat = TextFileFormat()
    ) throws {
        try split.checkSize()
        if split.isWhole {
            try self.init(path: split.path, limits: limits, format: format)
            return
        }
        let bytes = try SplitBytes(split)
        guard format.encoding != .utf8 else {
            self.init(limits, nil) { try bytes.read(into: $0) }
            return
        }
        let isStart = split.range.lowerBound == 0
        let formatted = FormattedBytes(split.path, format, limits, isStart: isStart) { try bytes.read(into: $0) }
        self.init(limits, formatted) { try formatted.read(into: $0) }
    }

    private init(
        _ limits: LineLimits, _ formatted: FormattedBytes?,
        read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int
    ) {
        (self.read, self.formatted) = (read, formatted)
        builder = BlockBuilder(limits: limits)
    }

    /// Returns warnings about what was left out or changed so far. Empty if there was nothing.
    package func warnings() -> [String] {
        var warnings = builder.faults.messages(limits: builder.limits)
        if let rows = formatted?.table?.faults, let first = rows.first {
            warnings.append("\(rows.count) row\(rows.count == 1 ? " was" : "s were") left out; the first: \(first)")
        }
        return warnings
    }

    /// Returns the next block, or nil at the end.
    package mutating func next() throws -> TextBlock? {
        while !isAtEnd {
            let (count, full): (Int, TextBlock?)
            do { (count, full) = try builder.fill(read) } catch let table as TableText.Unreadable {
                isUnreadableTable = true
                throw table.error
            }
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
