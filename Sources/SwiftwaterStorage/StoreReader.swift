import SwiftwaterCore

/// Reads an object from front to back: pieces that grow while they follow each other, and the next one while the last
/// one is used. An object that was replaced meanwhile is an error at its end. Not thread-safe.
final class StoreReader: ReadableFile {
    private static let smallestPiece = 256 << 10
    private static let largestPiece = 8 << 20

    let byteCount: Int
    private let store: any ObjectStore
    private let key: String
    private let version: ObjectVersion
    private var piece: (offset: Int, bytes: [UInt8]) = (0, [])
    private var length = smallestPiece
    /// The piece that is being read.
    private var next: (offset: Int, result: Monitor<Result<[UInt8], any Error>?>)?

    init(_ store: any ObjectStore, _ info: ObjectInfo) {
        (self.store, key, byteCount, version) = (store, info.key, info.byteCount, info.version)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        guard offset < byteCount, !buffer.isEmpty else { return 0 }
        if offset < piece.offset || offset >= piece.offset + piece.bytes.count { try fetch(offset) }
        let start = offset - piece.offset
        let count = min(buffer.count, piece.bytes.count - start)
        buffer.copyBytes(from: piece.bytes[start..<start + count])
        return count
    }

    private func fetch(_ offset: Int) throws {
        let follows = !piece.bytes.isEmpty && offset == piece.offset + piece.bytes.count
        length = follows ? min(StoreReader.largestPiece, 2 * length) : StoreReader.smallestPiece
        let bytes: [UInt8]
        if let next, next.offset == offset {
            bytes = try next.result.wait { $0 }.get()
        } else {
            bytes = try store.get(key, offset..<min(byteCount, offset + length))
        }
        next = nil
        let end = offset + bytes.count
        let isOnePiece = bytes.count == byteCount
        guard !bytes.isEmpty, try isOnePiece || end < byteCount || store.info(key)?.version == version else {
            throw SwiftwaterError(
                .io, "the object was replaced while it was read", at: .init(file: store.name(of: key)),
                remedy: "read it again")
        }
        piece = (offset, bytes)
        if follows, end < byteCount { begin(end..<min(byteCount, end + length)) }
    }

    private func begin(_ range: Range<Int>) {
        let result = Monitor<Result<[UInt8], any Error>?>(nil)
        next = (range.lowerBound, result)
        SystemThread.start(named: "store-read") { [store, key] in
            let found = Result { try store.get(key, range) }
            result.update { $0 = found }
        }
    }
}
