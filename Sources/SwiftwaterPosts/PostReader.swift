import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterFormats

/// Reads the fields of posts that trends need, in place: of a line of JSON only what is wanted is looked at, the rest is passed over a vector at
/// a time. Says the same as `PostParser`, which reads everything.
///
/// Lines of shapes that are rare or need more than their own fields (boosts, X v2 with expansions out of order) are given to `PostParser`.
public struct PostReader {
    private let parser = PostParser()
    private var times = PostTimeReader()
    private var fields = PostFields()
    /// Holds what a line was turned into where it could not be read in place.
    private var own: [[UInt8]] = []

    public init() {}

    /// Reads one line into `view`.
    ///
    /// - Throws: `malformedInput` for a line that begins like a JSON object and is none, or is of no known shape.
    public mutating func read(_ line: UnsafeBufferPointer<UInt8>, into view: inout PostView) throws {
        view = PostView()
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }) else {
            view.kind = .control
            return
        }
        guard first == UInt8(ascii: "{") else {
            view.rawText = line
            return
        }
        var scan = PostScan(line)
        fields.reset()
        if scan.run(&fields), fields.fill(&view, &times) { return }
        try readSlowly(line, &view)
    }

    private mutating func readSlowly(_ line: UnsafeBufferPointer<UInt8>, _ view: inout PostView) throws {
        view = PostView()
        own = []
        switch try parser.parse(JSONValue(parsing: line)) {
        case .control: view.kind = .control
        case .deletion(let id):
            view.kind = .deletion
            view.id = keep(id)
        case .post(let post):
            view.rawText = keep(post.text)
            view.id = keep(post.id ?? "")
            view.author = keep(post.authorID ?? "")
            view.tags = post.hashtags.map { tags in tags.map { keep($0) } }
            if let created = post.createdAt {
                view.time = Array(created.utf8).withUnsafeBufferPointer { times.milliseconds($0) }
            }
        }
    }

    private mutating func keep(_ text: String) -> UnsafeBufferPointer<UInt8> {
        own.append(Array(text.utf8) + [0])
        // The array is not changed as long as its bytes are used.
        return own[own.count - 1].withUnsafeBufferPointer { UnsafeBufferPointer(rebasing: $0.dropLast()) }
    }
}

/// What of a line is wanted, and where it is.
struct PostFields {
    typealias Slice = UnsafeBufferPointer<UInt8>

    struct Value {
        var slice = Slice(start: nil, count: 0)
        var isEscaped = false
        var isThere = false
    }

    struct Commit {
        var operation = Value()
        var collection = Value()
        var key = Value()
        var text = Value()
        var created = Value()
        var tags: [Slice] = []
        var hasRecord = false
        var hasAny = false
    }

    var text = Value()
    var fullText = Value()
    var extendedText = Value()
    var content = Value()
    var id = Value()
    var idString = Value()
    var created = Value()
    var user = Value()
    var account = Value()
    var did = Value()
    var kind = Value()
    var tags = Tags()
    var extendedTags = Tags()
    var hasExtendedEntities = false
    var mastodonTags = Tags()
    var commit = Commit()

    /// A list, or none. Keeps its memory from line to line.
    struct Tags {
        var isThere = false
        var slices: [Slice] = []

        var list: [Slice]? { isThere ? slices : nil }

        mutating func begin() {
            isThere = true
            slices.removeAll(keepingCapacity: true)
        }
    }

    /// Forgets what was found.
    mutating func reset() {
        text.isThere = false
        fullText.isThere = false
        extendedText.isThere = false
        content.isThere = false
        id = Value()
        idString = Value()
        created.isThere = false
        user = Value()
        account = Value()
        did.isThere = false
        kind.isThere = false
        tags.isThere = false
        extendedTags.isThere = false
        hasExtendedEntities = false
        mastodonTags.isThere = false
        if commit.hasAny { commit = Commit() }
    }
}

/// The walk over one line.
struct PostScan {
    typealias Slice = UnsafeBufferPointer<UInt8>
    typealias Value = PostFields.Value

    private let line: Slice
    private let base: UnsafePointer<UInt8>
    private var at = 0
    /// Whether the line has to be read in the other way.
    private var isSlow = false

    init(_ line: Slice) {
        self.line = line
        base = line.baseAddress!
    }

    // MARK: The walk

    /// False where the line has to be read in the other way.
    mutating func run(_ found: inout PostFields) -> Bool {
        guard skipSpace(), line[at] == 0x7B, walk({ scan, key in scan.member(key, &found) }) else { return false }
        // Nothing may follow.
        while at < line.count, isSpace(line[at]) { at += 1 }
        return at == line.count && !isSlow
    }

    private mutating func member(_ key: Slice, _ found: inout PostFields) -> Bool {
        switch key.count {
        case 2 where key.isSame("id"): return take(&found.id)
        case 3 where key.isSame("did"): return take(&found.did)
        case 4 where key.isSame("text"): return take(&found.text)
        case 4 where key.isSame("user"): return walkOrSkip { scan, key in scan.userMember(key, &found.user) }
        case 4 where key.isSame("kind"): return take(&found.kind)
        case 4 where key.isSame("tags"): return takeTags(named: "name", into: &found.mastodonTags)
        case 4 where key.isSame("data"): return slow()
        case 6 where key.isSame("id_str"): return take(&found.idString)
        case 6 where key.isSame("commit"): return walkOrSkip { scan, key in scan.commitMember(key, &found.commit) }
        case 6 where key.isSame("delete"): return slow()
        case 6 where key.isSame("reblog"): return peek() == 0x6E ? skip() : slow()
        case 7 where key.isSame("content"): return take(&found.content)
        case 7 where key.isSame("account"): return walkOrSkip { scan, key in scan.userMember(key, &found.account) }
        case 8 where key.isSame("entities"):
            return walkOrSkip { scan, key in
                key.isSame("hashtags") ? scan.takeTags(named: "text", into: &found.tags) : scan.skip()
            }
        case 9 where key.isSame("full_text"): return take(&found.fullText)
        case 10 where key.isSame("created_at"): return take(&found.created)
        case 14 where key.isSame("extended_tweet"): return walkOrSkip { scan, key in scan.extendedMember(key, &found) }
        default: return skip()
        }
    }

    private mutating func userMember(_ key: Slice, _ id: inout Value) -> Bool {
        if key.isSame("id_str") { return take(&id) }
        if key.isSame("id"), !id.isThere { return take(&id) }
        return skip()
    }

    private mutating func extendedMember(_ key: Slice, _ found: inout PostFields) -> Bool {
        if key.isSame("full_text") { return take(&found.extendedText) }
        guard key.isSame("entities") else { return skip() }
        found.hasExtendedEntities = true
        return walkOrSkip { scan, key in
            key.isSame("hashtags") ? scan.takeTags(named: "text", into: &found.extendedTags) : scan.skip()
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
        if type.slice.isSame("app.bsky.richtext.facet#tag"), tag.isThere { tags.append(tag.slice) }
        return isWalked
    }

    /// A list of objects, of each of which one string is wanted.
    private mutating func takeTags(named name: StaticString, into tags: inout PostFields.Tags) -> Bool {
        guard peek() == 0x5B else { return skip() }
        tags.begin()
        return list { scan in
            scan.walkOrSkip { scan, key in
                guard key.isSame(name) else { return scan.skip() }
                var tag = Value()
                guard scan.take(&tag) else { return false }
                if tag.isThere { tags.slices.append(tag.slice) }
                return true
            }
        }
    }

    private mutating func slow() -> Bool {
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

    private mutating func peek() -> UInt8 { skipSpace() ? base[at] : 0 }

    /// The object that begins here, member by member; `body` reads each value.
    private mutating func walk(_ body: (inout PostScan, Slice) -> Bool) -> Bool {
        at += 1
        if peek() == 0x7D {
            at += 1
            return true
        }
        while true {
            guard peek() == 0x22, let key = string() else { return false }
            // A name with escapes may be any.
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

    private mutating func walkOrSkip(_ body: (inout PostScan, Slice) -> Bool) -> Bool {
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

    /// The string that begins here, without its quotes.
    private mutating func string() -> (slice: Slice, isEscaped: Bool)? {
        let start = at + 1
        var isEscaped: Int32 = 0
        let end = sw_json_string_end(base, line.count, start, &isEscaped)
        guard end < line.count else { return nil }
        at = end + 1
        return (Slice(start: base + start, count: end - start), isEscaped != 0)
    }

    /// A string or a number; anything else is passed over.
    private mutating func take(_ value: inout Value) -> Bool {
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

    private mutating func skip() -> Bool {
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

extension PostFields {
    /// False where the line is of a shape that has to be read in the other way.
    func fill(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        if did.isThere, kind.isThere { return fillJetstream(&view, &times) }
        if content.isThere, account.isThere { return fillMastodon(&view, &times) }
        let wanted = extendedText.isThere ? extendedText : fullText.isThere ? fullText : text
        guard wanted.isThere, !content.isThere, !did.isThere else { return false }
        set(&view, text: wanted, .references)
        view.id = (idString.isThere ? idString : id).slice
        view.author = user.slice
        view.tags = hasExtendedEntities ? extendedTags.list : tags.list
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return !(id.isEscaped || idString.isEscaped || user.isEscaped)
    }

    private func fillJetstream(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard kind.slice.isSame("commit"), commit.collection.slice.isSame("app.bsky.feed.post"), !did.isEscaped,
            !commit.operation.slice.isSame("delete"), commit.hasRecord, commit.text.isThere, commit.key.isThere,
            !commit.key.isEscaped
        else { return false }
        set(&view, text: commit.text, .none)
        // "did/rkey" as the parser calls it has no place in the line: author and key stand for it.
        view.id = commit.key.slice
        view.author = did.slice
        view.tags = commit.tags
        view.time = commit.created.isThere ? times.milliseconds(commit.created.slice) : nil
        view.isIDOfAuthor = true
        return true
    }

    private func fillMastodon(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard !id.isEscaped, !account.isEscaped else { return false }
        set(&view, text: content, .html)
        view.id = id.slice
        view.author = account.slice
        view.tags = mastodonTags.list
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return true
    }

    private func set(_ view: inout PostView, text: Value, _ markup: PostView.Markup) {
        (view.rawText, view.isEscaped, view.markup) = (text.slice, text.isEscaped, markup)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these are the bytes of a word.
    @inline(__always)
    func isSame(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != word.utf8Start[index] { return false }
        return true
    }
}
