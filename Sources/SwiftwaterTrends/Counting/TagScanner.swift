import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterPosts

/// Finds the tags in blocks of text, as bytes: no string or text is created for a post.
///
/// Signs are found a vector at a time (`sw_find_signs`). The bytes around each sign decide whether it begins a tag.
struct TagScanner {
    /// The rule for what is a tag.
    enum Rule {
        /// Words that begin with `#`, split on spaces.
        case hashWords
        /// The public hashtag rules.
        case hashtags
    }

    private let rule: Rule
    private let extractor = HashtagExtractor()
    private var cursor = HashtagExtractor.Cursor()
    private let signs: UnsafeMutablePointer<UInt32>
    private static let signsAtOnce = 4096
    /// A buffer for the lower-case form of a tag.
    private var lower: UnsafeMutablePointer<UInt8>
    private var lowerCapacity = 1024

    init(_ rule: Rule) {
        self.rule = rule
        signs = .allocate(capacity: TagScanner.signsAtOnce)
        lower = .allocate(capacity: lowerCapacity)
    }

    func deallocate() {
        signs.deallocate()
        lower.deallocate()
    }

    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Calls `body` with each tag, folded and with `#`, and with its spelling. The folded bytes are valid only during
    /// the call.
    mutating func forEachTag(in bytes: Bytes, _ body: (_ tag: Bytes, _ spelling: Bytes) -> Void) {
        guard let base = bytes.baseAddress, bytes.count < Int(UInt32.max) else { return }
        var next = 0
        cursor = HashtagExtractor.Cursor()
        // A sign within a tag does not begin another one.
        var passed = 0
        while next < bytes.count {
            var following = 0
            let found = sw_find_signs(base, bytes.count, next, signs, TagScanner.signsAtOnce, &following)
            for index in 0..<found {
                let sign = Int(signs[index])
                if sign < passed { continue }
                switch rule {
                case .hashWords: word(bytes, sign, body)
                case .hashtags: passed = hashtag(bytes, sign, body)
                }
            }
            next = following
        }
    }

    /// Finds a tag by the rule of the case study: a word that begins with `#`, up to the next space.
    private mutating func word(
        _ bytes: Bytes, _ sign: Int, _ body: (Bytes, Bytes) -> Void
    ) {
        guard bytes[sign] == 0x23, sign == 0 || bytes[sign - 1] == 0x20 || bytes[sign - 1] == 0x0A else { return }
        var end = sign + 1
        while end < bytes.count, bytes[end] != 0x20, bytes[end] != 0x0A { end += 1 }
        if end < bytes.count ? bytes[end] == 0x0A : true, bytes[end - 1] == 0x0D { end -= 1 }
        fold(UnsafeBufferPointer(rebasing: bytes[sign..<end]), { $0.lowercased() }, body)
    }

    /// Finds a tag by the public rules. Returns the position at which the search continues.
    private mutating func hashtag(
        _ bytes: Bytes, _ sign: Int, _ body: (Bytes, Bytes) -> Void
    ) -> Int {
        let after = sign + (bytes[sign] == 0x23 ? 1 : 3)
        guard let end = extractor.tagEnd(in: bytes, signAt: sign, after: after, &cursor) else { return 0 }
        // One more byte, for the plain `#` of the folded tag.
        reserve(end - after + 1)
        let tag = UnsafeBufferPointer(rebasing: bytes[after..<end])
        if TagScanner.foldQuickly(tag, into: lower + 1) {
            lower[0] = 0x23
            body(Bytes(start: lower, count: tag.count + 1), Bytes(rebasing: bytes[sign..<end]))
        } else {
            var folded: [UInt8] = [0x23]
            Text(unownedBytes: tag, owner: nil).caseFolded().withBytes { folded.append(contentsOf: $0) }
            folded.withUnsafeBufferPointer { body($0, Bytes(rebasing: bytes[sign..<end])) }
        }
        return end
    }

    /// Case-folds a tag if its folded form is its lower-case form of the same length; otherwise returns false.
    static func foldQuickly(_ tag: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Bool {
        Text.lowercase(tag, into: output)
            && !TagScanner.hasLongFold(tag)
    }

    /// Returns whether the tag contains ß or µ, which lowercasing keeps and case folding changes.
    private static func hasLongFold(_ tag: Bytes) -> Bool {
        var index = 0
        while index + 1 < tag.count {
            if tag[index] == 0xC3 && tag[index + 1] == 0x9F || tag[index] == 0xC2 && tag[index + 1] == 0xB5 {
                return true
            }
            index += 1
        }
        return false
    }

    private mutating func fold(_ tag: Bytes, _ slowly: (Text) -> Text, _ body: (Bytes, Bytes) -> Void) {
        reserve(tag.count)
        if Text.lowercase(tag, into: lower) {
            body(Bytes(start: lower, count: tag.count), tag)
        } else {
            slowly(Text(unownedBytes: tag, owner: nil)).withBytes { body($0, tag) }
        }
    }

    private mutating func reserve(_ count: Int) {
        guard count > lowerCapacity else { return }
        lower.deallocate()
        lowerCapacity = 2 * count
        lower = .allocate(capacity: lowerCapacity)
    }
}
