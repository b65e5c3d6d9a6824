import SwiftwaterCore

/// The bytes of a file as lines of UTF-8: decoded, and with a line for each row of a table.
final class FormattedBytes {
    private static let chunkBytes = 256 << 10

    private let source: (UnsafeMutableRawBufferPointer) throws -> Int
    private var decoder: TextDecoder
    private(set) var table: TableText?
    /// Whether bytes go through as they are.
    private var isPlain = false
    private var isAtEnd = false
    private var chunk: [UInt8] = []
    /// Text of rows that are not complete.
    private var pending: [UInt8] = []
    private var output: [UInt8] = []
    private var outputStart = 0

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - path: the file, whose name says whether it is a table.
    ///   - isStart: whether the bytes begin with those of the file.
    ///   - source: reads the bytes of the file.
    init(
        _ path: String, _ format: TextFileFormat, _ limits: LineLimits, isStart: Bool = true,
        source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int
    ) {
        self.source = source
        decoder = TextDecoder(format.encoding, isStart: isStart)
        if let tables = format.tables, tables.isTable(path) {
            table = TableText(tables, name: path, rowMaxBytes: limits.lineLengthMaxBytes)
        }
    }

    /// Reads at most `buffer.count` bytes, and returns how many it read; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while outputStart == output.count {
            if isPlain { return try source(buffer) }
            guard !isAtEnd else { return 0 }
            try fill()
        }
        let count = min(buffer.count, output.count - outputStart)
        buffer.copyBytes(from: output[outputStart..<outputStart + count])
        outputStart += count
        return count
    }

    /// Reads the next chunk.
    private func fill() throws {
        output.removeAll(keepingCapacity: true)
        outputStart = 0
        if chunk.isEmpty { chunk = [UInt8](repeating: 0, count: FormattedBytes.chunkBytes) }
        let count = try chunk.withUnsafeMutableBytes { try source($0) }
        isAtEnd = count == 0
        try chunk.withUnsafeBytes { bytes in
            let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            guard table != nil else { return decoder.decode(bytes, isEnd: isAtEnd, into: &output) }
            decoder.decode(bytes, isEnd: isAtEnd, into: &pending)
            let used = try pending.withUnsafeBytes { try table!.take($0, isEnd: isAtEnd, into: &output) }
            pending.removeFirst(used)
        }
        isPlain = table == nil && decoder.isUTF8 == true
    }
}
