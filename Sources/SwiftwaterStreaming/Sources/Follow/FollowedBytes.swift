import SwiftwaterFormats

/// The bytes of a file that is followed: one that is open and may grow, or a compressed one that is complete.
enum FollowedBytes {
    case growing(OpenFile)
    case complete(CompressedFile)

    /// Opens a file; nil if there is none.
    init?(_ path: String) throws {
        if path.hasSuffix(".gz") {
            self = .complete(try CompressedFile(path))
        } else {
            guard let file = try OpenFile(path) else { return nil }
            self = .growing(file)
        }
    }

    var path: String {
        switch self {
        case .growing(let file): file.path
        case .complete(let file): file.path
        }
    }

    /// The file system's number of the file; 0 for a compressed one, which is another file than the one it was made of.
    var number: UInt64 {
        switch self {
        case .growing(let file): file.identity.number
        case .complete: 0
        }
    }

    /// Reads at most `count` bytes at an offset.
    func read(_ count: Int, at offset: Int) throws -> [UInt8] {
        switch self {
        case .growing(let file): try file.read(count, at: offset)
        case .complete(let file): try file.read(count, at: offset)
        }
    }
}

/// The text of a gzip file, read once from its start to its end. It is not opened again: its name may be another file's
/// by then.
final class CompressedFile {
    let path: String
    private let source: ByteSource
    /// The first bytes, as far as files are compared by them.
    private var head: [UInt8] = []
    /// The bytes from `start` on that were read and may be wanted again.
    private var held: [UInt8] = []
    private var start = 0
    private var piece = [UInt8](repeating: 0, count: 256 << 10)

    init(_ path: String) throws {
        self.path = path
        source = try ByteSource(path: path)
    }

    /// Reads at most `count` bytes at an offset, which is not before the last one, or within the file's beginning.
    func read(_ count: Int, at offset: Int) throws -> [UInt8] {
        if offset < start { return offset + count <= head.count ? Array(head[offset..<offset + count]) : [] }
        while start + held.count < offset + count {
            let got = try piece.withUnsafeMutableBytes { try source.read(into: $0) }
            if got == 0 { break }
            head.append(contentsOf: piece[..<min(got, FollowedPlace.headMaxBytes - head.count)])
            held.append(contentsOf: piece[..<got])
            drop(before: offset)
        }
        drop(before: offset)
        return start == offset ? Array(held.prefix(count)) : []
    }

    private func drop(before offset: Int) {
        let passed = min(offset - start, held.count)
        held.removeFirst(passed)
        start += passed
    }
}
