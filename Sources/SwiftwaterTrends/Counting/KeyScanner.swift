import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterPosts

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds the keys of one post: each once, folded, with the bytes as they are written.
struct KeyScanner {
    private let keys: TrendingSettings.Keys
    private var tags: TagScanner
    /// The hashes of this post's keys: a post that repeats one says it once.
    private var seen: [UInt64] = []
    private var folded = [UInt8](repeating: 0, count: 256)
    private var unescaped: [UInt8] = []

    init(_ keys: TrendingSettings.Keys) {
        self.keys = keys
        tags = TagScanner(keys == .words ? .words : .hashtags)
    }

    func deallocate() { tags.deallocate() }

    /// Calls `body` with each key and its spelling; both are gone when it returns.
    ///
    /// - Parameter text: room for the post's text.
    mutating func forEachKey(
        of view: PostView, _ text: inout [UInt8], _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        seen.removeAll(keepingCapacity: true)
        if keys == .hashtags, let list = view.tags {
            for tag in list { listed(tag, body) }
            return
        }
        if view.markup != .html, !view.isEscaped, !hasReferences(view.rawText) { return scan(view.rawText, body) }
        text.removeAll(keepingCapacity: true)
        if view.markup != .html, !hasReferences(view.rawText) {
            JSONEscapes.resolve(view.rawText, into: &text)
        } else {
            text.append(contentsOf: view.text.utf8)
        }
        text.withUnsafeBufferPointer { scan($0, body) }
    }

    /// Whether there may be character references: an ampersand, or what may stand for one.
    private func hasReferences(_ raw: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = raw.baseAddress else { return false }
        if memchr(base, 0x26, raw.count) != nil { return true }
        return sw_find_bytes(base, raw.count, "u0026", 5) >= 0
    }

    /// A tag that the service found.
    private mutating func listed(
        _ tag: UnsafeBufferPointer<UInt8>, _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard !tag.isEmpty else { return }
        unescaped.removeAll(keepingCapacity: true)
        unescaped.append(0x23)
        if tag.contains(0x5C) {
            JSONEscapes.resolve(tag, into: &unescaped)
        } else {
            unescaped.append(contentsOf: tag)
        }
        if folded.count < unescaped.count { folded = [UInt8](repeating: 0, count: 2 * unescaped.count) }
        let isSimple = unescaped.withUnsafeBufferPointer { spelling in
            folded.withUnsafeMutableBufferPointer { TagScanner.foldQuickly(spelling, into: $0.baseAddress!) }
        }
        unescaped.withUnsafeBufferPointer { spelling in
            guard isSimple else { return give(Text(copying: spelling).caseFolded(), spelling, body) }
            folded.withUnsafeBufferPointer { found in
                let key = Text(unownedBytes: UnsafeBufferPointer(rebasing: found[..<spelling.count]), owner: nil)
                give(key, spelling, body)
            }
        }
    }

    private mutating func give(
        _ key: Text, _ spelling: UnsafeBufferPointer<UInt8>, _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        let hash = key.stableHash
        guard !seen.contains(hash) else { return }
        seen.append(hash)
        body(key, spelling)
    }

    private mutating func scan(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        switch keys {
        case .words, .hashtags:
            var found: [(key: Text, spelling: Text)] = []
            tags.forEachTag(in: text) { key, spelling in
                found.append((Text(copying: key), Text(unownedBytes: spelling, owner: nil)))
            }
            for entry in found { entry.spelling.withBytes { give(entry.key, $0, body) } }
        case .cashtags: scanWords(text, body) { KeyRules.cashtag($0) }
        case .mentions: scanWords(text, body) { KeyRules.mention($0) }
        case .links: scanWords(text, body) { KeyRules.link($0) }
        case .plainWords:
            for word in KeyRules.words(text) {
                word.withBytes { give(word.caseFolded(), $0, body) }
            }
        }
    }

    /// Every run without white space, through a rule that gives the part that is the key's spelling and the key.
    private mutating func scanWords(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void,
        _ rule: (UnsafeBufferPointer<UInt8>) -> (key: Text, spelling: UnsafeBufferPointer<UInt8>)?
    ) {
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] > 0x20 { end += 1 }
            if end > start, let found = rule(UnsafeBufferPointer(rebasing: text[start..<end])) {
                give(found.key, found.spelling, body)
            }
            start = end + 1
        }
    }
}

/// What of a word is a key of the kinds that are no hashtags.
enum KeyRules {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isName(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == 0x5F }

    /// What stands around a word in prose: brackets and quotes before it, those and punctuation behind it.
    private static func withoutPunctuation(_ word: Bytes) -> Bytes {
        var (start, end) = (0, word.count)
        while start < end, [0x28, 0x5B, 0x7B, 0x22, 0x27, 0x3C].contains(word[start]) { start += 1 }
        while end > start,
            [0x29, 0x5D, 0x7D, 0x22, 0x27, 0x3E, 0x2E, 0x2C, 0x21, 0x3F, 0x3A, 0x3B].contains(word[end - 1])
        {
            end -= 1
        }
        return Bytes(rebasing: word[start..<end])
    }

    private static func lowered(_ bytes: Bytes) -> Text {
        let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return lower.withUnsafeBufferPointer { Text(copying: $0) }
    }

    static func cashtag(_ word: Bytes) -> (key: Text, spelling: Bytes)? {
        let word = withoutPunctuation(word)
        guard word.count >= 2, word[0] == 0x24 else { return nil }
        var end = 1
        while end < word.count, isLetter(word[end]) { end += 1 }
        guard (2...7).contains(end) else { return nil }
        if end < word.count {
            let rest = word.count - end - 1
            guard word[end] == 0x2E || word[end] == 0x5F, (1...2).contains(rest),
                word[(end + 1)...].allSatisfy(isLetter)
            else { return nil }
        }
        return (lowered(word), word)
    }

    static func mention(_ word: Bytes) -> (key: Text, spelling: Bytes)? {
        let word = withoutPunctuation(word)
        guard word.count >= 2, word[0] == 0x40 else { return nil }
        var end = 1
        while end < word.count, isName(word[end]) { end += 1 }
        guard end > 1 else { return nil }
        if end < word.count, word[end] == 0x40 || word[end] == 0x2E || word[end] == 0x2D {
            // @name@server.org, and @name.server.org.
            guard word[end...].allSatisfy({ isName($0) || $0 == 0x2E || $0 == 0x2D || $0 == 0x40 }),
                word[end...].filter({ $0 == 0x40 }).count <= 1
            else { return nil }
            end = word.count
        } else if end < word.count {
            // 's and the like.
            guard word[end] < 0x80 else { return nil }
        }
        let name = Bytes(rebasing: word[..<end])
        return (lowered(name), name)
    }

    static func link(_ word: Bytes) -> (key: Text, spelling: Bytes)? {
        let word = withoutPunctuation(word)
        let lower = lowered(word)
        let scheme = lower.hasPrefix("https://") ? 8 : lower.hasPrefix("http://") ? 7 : 0
        guard scheme > 0, word.count > scheme + 3 else { return nil }
        var rest = word[scheme...]
        if let fragment = rest.firstIndex(of: 0x23) { rest = rest[..<fragment] }
        while rest.last == 0x2F { rest = rest.dropLast() }
        let host = rest.firstIndex(of: 0x2F) ?? rest.endIndex
        // The host has no case, the path may have one.
        var key = rest[..<host].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard key.contains(0x2E) else { return nil }
        if key.starts(with: Array("www.".utf8)) { key.removeFirst(4) }
        key.append(contentsOf: rest[host...])
        return (key.withUnsafeBufferPointer { Text(copying: $0) }, word)
    }

    /// Runs of letters, digits, marks and apostrophes within them, of three scalars or more; no hashtags, mentions and links.
    static func words(_ text: Bytes) -> [Text] {
        var words: [Text] = []
        let string = String(decoding: text, as: UTF8.self)
        for piece in string.split(whereSeparator: \.isWhitespace) {
            if piece.hasPrefix("#") || piece.hasPrefix("@") || piece.hasPrefix("$") || piece.contains("://") {
                continue
            }
            for word in piece.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "’" }) {
                var plain = word.drop { $0 == "'" || $0 == "’" }
                while plain.last == "'" || plain.last == "’" { plain.removeLast() }
                if plain.unicodeScalars.count >= 3 { words.append(Text(plain)) }
            }
        }
        return words
    }
}
