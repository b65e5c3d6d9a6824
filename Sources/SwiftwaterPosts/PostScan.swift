import CSwiftwaterKernels

/// A pass over one line of JSON, which reads the members that are wanted and skips the others.
struct PostScan {
    typealias Slice = UnsafeBufferPointer<UInt8>
    typealias Value = PostFields.Value

    private let line: Slice
    private let base: UnsafePointer<UInt8>
    private var at = 0
    /// Whether the line needs `PostParser`.
    private var isSlow = false

    init(_ line: Slice) {
        self.line = line
        base = line.baseAddress!
    }

    // MARK: The walk

    /// Reads the line. Returns false if it needs `PostParser`.
    mutating func run(_ found: inout PostFields) -> Bool {
        guard skipSpace(), line[at] == 0x7B, walk({ scan, key in scan.member(key, &found) }) else { return false }
        return isAtEnd && !isSlow
    }

    /// Reads a line of any object, of whose members `body` reads the values. Returns false if it is not one.
    static func read(_ line: Slice, _ body: (inout PostScan, Slice) -> Bool) -> Bool {
        var scan = PostScan(line)
        return scan.peek() == 0x7B && scan.walk(body) && scan.isAtEnd
    }

    /// Whether only white space follows.
    private var isAtEnd: Bool { line[at...].allSatisfy(isSpace) }

    private mutating func member(_ key: Slice, _ found: inout PostFields) -> Bool {
        switch key.count {
        case 2 where key.isSame("id"): return takeScalar(&found.id)
        case 3 where key.isSame("did"): return take(&found.did)
        case 4 where key.isSame("user"):
            found.user = Value()
            return walkOrSkip { scan, key in scan.userMember(key, &found.user) }
        case 4 where key.isSame("kind"): return take(&found.kind)
        case 4 where key.isSame("tags"): return takeTags(named: "name", or: "name", into: &found.mastodonTags)
        case 6 where key.isSame("id_str"): return take(&found.idString)
        case 6 where key.isSame("author"):
            found.author = Value()
            return walkOrSkip { scan, key in scan.userMember(key, &found.author) }
        case 6 where key.isSame("commit"):
            found.commit = PostFields.Commit()
            return walkOrSkip { scan, key in scan.commitMember(key, &found.commit) }
        case 7 where key.isSame("content"): return take(&found.content)
        case 7 where key.isSame("account"):
            found.account = Value()
            return walkOrSkip { scan, key in scan.userMember(key, &found.account) }
        case 8 where key.isSame("hashtags"): return takeStrings(into: &found.listedTags)
        case 9 where key.isSame("createdAt"): return takeScalar(&found.created)
        case 9 where key.isSame("author_id"): return takeScalar(&found.authorID)
        case 10 where key.isSame("swiftwater"): return take(&found.form)
        case 10 where key.isSame("created_at"): return takeScalar(&found.created)
        case 16 where key.isSame("retweeted_status"):
            return walkOrSkip { scan, key in
                key.isSame("retweeted_status") ? scan.slowUnlessNull() : scan.contentMember(key, &found.original)
            }
        default: return PostScan.isRare(key) ? slowUnlessNull() : contentMember(key, &found.own)
        }
    }

    /// Returns whether a member at the top belongs to a shape that only `PostParser` reads.
    private static func isRare(_ key: Slice) -> Bool {
        switch key.count {
        case 4: key.isSame("data") || key.isSame("post")
        case 5: key.isSame("posts") || key.isSame("tweet") || key.isSame("$type")
        case 6: key.isSame("delete") || key.isSame("reblog") || key.isSame("record") || key.isSame("tweets")
        case 7: key.isSame("payload")
        case 8: key.isSame("statuses")
        case 17: key.isSame("referenced_tweets")
        default: false
        }
    }

    private mutating func contentMember(_ key: Slice, _ found: inout PostFields.Content) -> Bool {
        switch key.count {
        case 4 where key.isSame("text"): return take(&found.text)
        case 9 where key.isSame("full_text"): return take(&found.fullText)
        case 10 where key.isSame("note_tweet"): return slowUnlessNull()
        case 8 where key.isSame("entities"):
            return walkOrSkip { scan, key in
                key.isSame("hashtags") ? scan.takeTags(named: "text", or: "tag", into: &found.tags) : scan.skip()
            }
        case 14 where key.isSame("extended_tweet"): return walkOrSkip { scan, key in scan.extendedMember(key, &found) }
        default: return skip()
        }
    }

    private mutating func userMember(_ key: Slice, _ id: inout Value) -> Bool {
        if key.isSame("id_str") { return take(&id) }
        if key.isSame("id"), !id.isThere { return takeScalar(&id) }
        return skip()
    }

    private mutating func extendedMember(_ key: Slice, _ found: inout PostFields.Content) -> Bool {
        if key.isSame("full_text") { return take(&found.extendedText) }
        guard key.isSame("entities") else { return skip() }
        found.hasExtendedEntities = true
        return walkOrSkip { scan, key in
            key.isSame("hashtags") ? scan.takeTags(named: "text", or: "tag", into: &found.extendedTags) : scan.skip()
        }
    }

    private mutating func commitMember(_ key: Slice, _ commit: inout PostFields.Commit) -> Bool {
        commit.hasAny = true
        if key.isSame("operation") { return take(&commit.operation) }
        if key.isSame("collection") { return take(&commit.collection) }
        if key.isSame("rkey") { return take(&commit.key) }
        guard key.isSame("record") else { return skip() }
        commit.hasRecord = true
        return walkOrSkip { scan, key in
            if key.isSame("text") { return scan.take(&commit.text) }
            if key.isSame("createdAt") { return scan.take(&commit.created) }
            if key.isSame("tags") { return scan.takeStrings { commit.moreTags.append($0) } }
            guard key.isSame("facets") else { return scan.skip() }
            return scan.list { scan in
                scan.walkOrSkip { scan, key in
                    guard key.isSame("features") else { return scan.skip() }
                    return scan.list { $0.feature(&commit.tags) }
                }
            }
        }
    }

    private mutating func feature(_ tags: inout [Slice]) -> Bool {
        var (type, tag) = (Value(), Value())
        let isWalked = walkOrSkip { scan, key in
            if key.isSame("$type") { return scan.take(&type) }
            return key.isSame("tag") ? scan.take(&tag) : scan.skip()
        }
        if type.slice.isSame("app.bsky.richtext.facet#tag"), tag.isThere {
            // Some clients write the sign.
            tags.append(tag.slice.first == 0x23 ? Slice(rebasing: tag.slice.dropFirst()) : tag.slice)
        }
        return isWalked
    }

    /// Reads one string from each object of a list: the one called `name`, or otherwise `other`.
    private mutating func takeTags(
        named name: StaticString, or other: StaticString, into tags: inout PostFields.Tags
    ) -> Bool {
        guard peek() == 0x5B else { return skip() }
        tags.begin()
        return list { scan in
            var (tag, second) = (Value(), Value())
            let isWalked = scan.walkOrSkip { scan, key in
                key.isSame(name) ? scan.take(&tag) : key.isSame(other) ? scan.take(&second) : scan.skip()
            }
            if tag.isThere || second.isThere { tags.slices.append((tag.isThere ? tag : second).slice) }
            return isWalked
        }
    }

    /// Reads a list of strings.
    private mutating func takeStrings(into tags: inout PostFields.Tags) -> Bool {
        guard peek() == 0x5B else { return skip() }
        tags.begin()
        return takeStrings { tags.slices.append($0) }
    }

    private mutating func takeStrings(_ body: (Slice) -> Void) -> Bool {
        list { scan in
            var string = Value()
            guard scan.take(&string) else { return false }
            if string.isThere { body(string.slice) }
            return true
        }
    }

    /// Skips `null`; anything else needs `PostParser`.
    private mutating func slowUnlessNull() -> Bool {
        if peek() == 0x6E { return skip() }
        isSlow = true
        return false
    }

    // MARK: JSON

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    @inline(__always)
    private mutating func skipSpace() -> Bool {
        while at < line.count, isSpace(base[at]) { at += 1 }
        return at < line.count
    }

    mutating func peek() -> UInt8 { skipSpace() ? base[at] : 0 }

    /// Reads the object that begins here, member by member; `body` reads each value.
    private mutating func walk(_ body: (inout PostScan, Slice) -> Bool) -> Bool {
        at += 1
        if peek() == 0x7D {
            at += 1
            return true
        }
        while true {
            guard peek() == 0x22, let key = string() else { return false }
            // A name with escapes may be any name.
            if key.isEscaped { return false }
            guard peek() == 0x3A else { return false }
            at += 1
            guard body(&self, key.slice) else { return false }
            switch peek() {
            case 0x2C: at += 1
            case 0x7D:
                at += 1
                return true
            default: return false
            }
        }
    }

    mutating func walkOrSkip(_ body: (inout PostScan, Slice) -> Bool) -> Bool {
        peek() == 0x7B ? walk(body) : skip()
    }

    private mutating func list(_ body: (inout PostScan) -> Bool) -> Bool {
        guard peek() == 0x5B else { return skip() }
        at += 1
        if peek() == 0x5D {
            at += 1
            return true
        }
        while true {
            guard skipSpace(), body(&self) else { return false }
            switch peek() {
            case 0x2C: at += 1
            case 0x5D:
                at += 1
                return true
            default: return false
            }
        }
    }

    /// Reads the string that begins here, and returns it without its quotes.
    private mutating func string() -> (slice: Slice, isEscaped: Bool)? {
        let start = at + 1
        var isEscaped: Int32 = 0
        let end = sw_json_string_end(base, line.count, start, &isEscaped)
        guard end < line.count else { return nil }
        at = end + 1
        return (Slice(start: base + start, count: end - start), isEscaped != 0)
    }

    /// Takes a string. A number in its place needs `PostParser`; anything else is skipped.
    mutating func take(_ value: inout Value) -> Bool {
        let first = peek()
        guard first == 0x2D || (0x30...0x39).contains(first) else { return takeScalar(&value) }
        isSlow = true
        return false
    }

    /// Reads a string or a number, and skips anything else.
    mutating func takeScalar(_ value: inout Value) -> Bool {
        let first = peek()
        if first == 0x22 {
            guard let found = string() else { return false }
            value = Value(slice: found.slice, isEscaped: found.isEscaped, isThere: true)
            return true
        }
        let start = at
        guard skip() else { return false }
        if first == 0x2D || (0x30...0x39).contains(first) {
            value = Value(slice: Slice(start: base + start, count: at - start), isEscaped: false, isThere: true)
        }
        return true
    }

    mutating func skip() -> Bool {
        switch peek() {
        case 0x22: return string() != nil
        case 0x7B, 0x5B:
            let end = sw_json_skip_nested(base, line.count, at)
            guard end <= line.count, base[end - 1] == 0x7D || base[end - 1] == 0x5D, end > at + 1 else { return false }
            at = end
            return true
        case 0: return false
        default:
            let start = at
            while at < line.count, base[at] != 0x2C, base[at] != 0x7D, base[at] != 0x5D, !isSpace(base[at]) { at += 1 }
            return at > start
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Returns whether the bytes are those of a word.
    @inline(__always)
    func isSame(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != word.utf8Start[index] { return false }
        return true
    }
}
