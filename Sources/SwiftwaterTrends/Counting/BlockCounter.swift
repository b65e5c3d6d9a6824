import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterPlatform
import SwiftwaterPosts

/// Counts tags in whole blocks of plain posts, as bytes: no text is created for a post, and a post without a tag costs
/// only the search for signs. Trends use this simple counter if only counts are needed. It gives the same result as
/// `KeyScanner` does post by post.
struct BlockCounter {
    private var scanner: TagScanner

    init(_ keys: TrendingSettings.Keys) { scanner = TagScanner(keys == .hashWords ? .hashWords : .hashtags) }

    func deallocate() { scanner.deallocate() }

    /// Adds the tags of a block to `counts`, once per post.
    ///
    /// - Returns: the number of posts, or nil if the block may hold JSON, in which case nothing was counted.
    mutating func count(_ block: TextBlock, into counts: TagTable) -> Int? {
        block.withBytes { raw in
            let bytes = raw.bindMemory(to: UInt8.self)
            guard let base = bytes.baseAddress else { return 0 }
            var posts = block.lineCount
            if sw_has_unusual_line_start(base, bytes.count) {
                guard let blank = BlockCounter.blankLines(bytes) else { return nil }
                posts -= blank
            }
            // The end of the line with the last tag, and the tags seen in it.
            var (lineEnd, seen) = (0, SeenHashes())
            scanner.forEachTag(in: bytes) { tag, spelling in
                let key = Text(unownedBytes: tag, owner: nil)
                let hash = key.stableHash
                let place = spelling.baseAddress! - base
                if place >= lineEnd {
                    let hit = memchr(spelling.baseAddress!, 0x0A, bytes.count - place)
                    lineEnd = hit.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
                    seen.removeAll()
                }
                if seen.insert(hash) { counts.add(key, hash: hash, 1) }
            }
            return posts
        }
    }

    /// Returns the number of lines with only spaces and tabs, or nil if a line has to be read by itself.
    private static func blankLines(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var (blank, start) = (0, 0)
        while start < bytes.count {
            let rest = UnsafeBufferPointer(rebasing: bytes[start...])
            let end = memchr(rest.baseAddress!, 0x0A, rest.count).map {
                UnsafeRawPointer($0) - UnsafeRawPointer(rest.baseAddress!)
            }
            let line = UnsafeBufferPointer(rebasing: rest[..<(end ?? rest.count)])
            if let first = line.firstIndex(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
                if !PostReader.isPlain(UnsafeBufferPointer(rebasing: line[first...])) { return nil }
            } else {
                blank += 1
            }
            start += (end ?? rest.count) + 1
        }
        return blank
    }
}
