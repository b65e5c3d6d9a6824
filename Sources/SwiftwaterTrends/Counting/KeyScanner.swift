import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterPlatform

/// Finds the keys of one post, each once: case-folded, and with its spelling.
struct KeyScanner {
    private let keys: TrendingSettings.Keys
    private var tags: TagScanner
    private var seen = SeenHashes()
    private var folded = [UInt8](repeating: 0, count: 256)
    private var unescaped: [UInt8] = []

    init(_ keys: TrendingSettings.Keys) {
        self.keys = keys
        tags = TagScanner(keys == .hashWords ? .hashWords : .hashtags)
    }

    func deallocate() { tags.deallocate() }

    /// Calls `body` with each key and its spelling, which are valid only during the call.
    ///
    /// - Parameter text: scratch space for the post's text.
    mutating func forEachKey(
        of view: PostView, _ text: inout [UInt8], _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        seen.removeAll()
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

    /// Returns whether there may be character references: an ampersand, or an escape that may stand for one.
    private func hasReferences(_ raw: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = raw.baseAddress else { return false }
        if memchr(base, 0x26, raw.count) != nil { return true }
        return sw_find_bytes(base, raw.count, "u0026", 5) >= 0
    }

    /// Passes on a tag from the service's list.
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
        if seen.insert(key.stableHash) { body(key, spelling) }
    }

    private mutating func scan(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        switch keys {
        case .hashWords, .hashtags:
            var found: [(key: Text, spelling: Text)] = []
            tags.forEachTag(in: text) { key, spelling in
                found.append((Text(copying: key), Text(unownedBytes: spelling, owner: nil)))
            }
            for entry in found { entry.spelling.withBytes { give(entry.key, $0, body) } }
        case .cashtags: scanWords(text, body) { KeyRules.cashtag($0) }
        case .mentions:
            var found: [(key: Text, spelling: UnsafeBufferPointer<UInt8>)] = []
            MentionScanner.forEachMention(in: text) { found.append(($0, $1)) }
            for mention in found { give(mention.key, mention.spelling, body) }
        case .links: scanWords(text, body) { KeyRules.link($0) }
        case .words:
            for word in KeyRules.words(text) {
                word.withBytes { give(word.caseFolded(), $0, body) }
            }
        // They are not in the post.
        case .authorValues: break
        }
    }

    /// Applies a rule to each run without white space. The rule returns the key, and the part of the run that is its
    /// spelling.
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
