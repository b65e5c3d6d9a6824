import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts

/// What a line says, as trends see it. The reader of trends and the parser, which reads everything, have to agree on it.
public struct PostReading: Equatable {
    private var kind: PostView.Kind
    private var id = ""
    private var idHash: UInt64 = 0
    private var text = ""
    private var author = ""
    private var tags: [String]?
    /// Whether there is a time. A damaged time is one for the parser, which does not look at it.
    public var hasTime = false

    private init(_ kind: PostView.Kind) { self.kind = kind }

    /// Reads a line in place.
    ///
    /// - Throws: `malformedInput`.
    public init(reading line: [UInt8]) throws {
        var (reader, view) = (PostReader(), PostView())
        self = try line.withUnsafeBufferPointer { bytes in
            try reader.read(bytes, into: &view) ? PostReading(view) : PostReading(.control)
        }
    }

    /// Reads a line with the parser.
    ///
    /// - Throws: `malformedInput`.
    public init(parsing line: [UInt8]) throws {
        let found = try line.withUnsafeBufferPointer { try PostParser().parse(Text(copying: $0)) }
        func hash(_ id: String) -> UInt64 { Array(id.utf8).withUnsafeBytes { StableHasher.hash($0) } }
        self.init(.control)
        switch found.first {
        case .control?, nil: break
        case .deletion(let id)?: (kind, self.id, idHash) = (.deletion, id, hash(id))
        case .post(let post)?:
            (kind, id, idHash) = (.post, post.id ?? "", hash(post.id ?? ""))
            (text, author, tags) = (post.text, post.authorID ?? "", post.hashtags)
            hasTime = post.createdAt != nil
        }
    }

    /// Copies a view.
    package init(_ view: PostView) {
        self.init(view.kind)
        func string(_ slice: UnsafeBufferPointer<UInt8>) -> String { String(decoding: slice, as: UTF8.self) }
        guard view.kind != .control else { return }
        (id, idHash) = (string(view.id), view.idHash)
        guard view.kind == .post else { return }
        if view.isIDOfAuthor { id = string(view.author) + "/" + id }
        (text, author, hasTime) = (view.text, string(view.author), view.time != nil)
        tags = view.tags?.map { tag in
            var bytes: [UInt8] = []
            JSONEscapes.resolve(tag, into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension FuzzChecks {
    /// Reads bytes as lines of posts: they are read, or rejected with an error. JSON in one line of valid UTF-8 and with
    /// unique names that the parser accepts is read in place in the same way.
    public static func posts(_ bytes: [UInt8]) {
        var (reader, view) = (PostReader(), PostView())
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
        for line in lines {
            line.withUnsafeBufferPointer { line in
                if (try? reader.read(line, into: &view)) == true { _ = PostReading(view) }
                while reader.hasMore { if (try? reader.next(into: &view)) == true { _ = PostReading(view) } }
            }
        }
        try? reader.finish()
        for line in lines
        where line.first == 0x7B && String(validating: line, as: UTF8.self) != nil && hasUniqueNames(line) {
            guard var parsed = try? PostReading(parsing: line), var read = try? PostReading(reading: line) else {
                continue
            }
            (parsed.hasTime, read.hasTime) = (false, false)
            guard read != parsed else { continue }
            fatalError(
                "reader and parser differ in '\(String(decoding: line, as: UTF8.self))': \(read), \(parsed)")
        }
    }

    /// Whether a line is JSON whose objects repeat no name. What a repeated one means is not defined (RFC 8259).
    static func hasUniqueNames(_ line: [UInt8]) -> Bool {
        func isUnique(_ value: JSONValue) -> Bool {
            switch value {
            case .object(let members):
                var seen: Set<String> = []
                return members.allSatisfy { name, value in seen.insert("\(name)").inserted && isUnique(value) }
            case .array(let values): return values.allSatisfy(isUnique)
            default: return true
            }
        }
        return (try? line.withUnsafeBufferPointer { try JSONValue(parsing: $0) }).map(isUnique) ?? false
    }
}
