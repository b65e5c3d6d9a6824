import SwiftwaterCore
import SwiftwaterFormats

/// Parses lines as posts: plain text, or JSON of one of the shapes below. A line may hold several posts.
///
/// | shape | recognized by | text | author |
/// |---|---|---|---|
/// | Twitter v1.1 | `text` or `full_text` | `extended_tweet.full_text`, `full_text`, `text` | `user` |
/// | X v2 | `data`, or `text` and `author_id` | `note_tweet.text`, `text` | `includes.users`, `author` |
/// | Bluesky Jetstream | `did` and `kind` | `commit.record.text` | `did` |
/// | Bluesky's views | `record` with `text` | `record.text` | `author.did` |
/// | Mastodon | `content` and `account` | `content`, tags removed | `account` |
/// | Mastodon's streams | `event` and `payload` | as above | as above |
/// | normalized (`PostLine.normalized`) | `swiftwater` | `text` | `author` |
/// | lists | an array; `statuses`, `posts`, `tweets` or `data` with an array | of each | of each |
///
/// A repost has the text and the tags of the original in full, and its own time and author.
public struct PostParser: Sendable {
    /// Creates a parser.
    public init() {}

    /// Parses one line.
    ///
    /// - Returns: the posts, deletions and service messages of the line; one, except for lists.
    /// - Throws: `malformedInput` if the line, or an element of its list, begins like a JSON object but is not one, or
    ///   has an unknown shape.
    public func parse(_ line: Text) throws -> [PostLine] {
        try line.withBytes { bytes in try results(of: bytes).map { try $0.get() } }
    }

    /// Parses one line. An element of a list that cannot be read does not affect the others.
    func results(of line: UnsafeBufferPointer<UInt8>) -> [Result<PostLine, any Error>] {
        switch line.first(where: { $0 != 0x20 && $0 != 0x09 }) {
        case nil: return [.success(.control("empty line"))]
        case UInt8(ascii: "{"):
            do { return results(try JSONValue(parsing: line, allowsNaN: true)) } catch { return [.failure(error)] }
        case UInt8(ascii: "["):
            // A list of objects; anything else is text, such as `[live] the score is 2:1`.
            if let json = try? JSONValue(parsing: line, allowsNaN: true), let list = json.array,
                list.allSatisfy(\.isObject)
            {
                return list.flatMap(results)
            }
        default: break
        }
        return [.success(.post(Post(text: String(decoding: line, as: UTF8.self))))]
    }

    /// Returns what one event of a server-sent stream holds. `data` is its data.
    func results(ofEvent name: String, _ data: UnsafeBufferPointer<UInt8>) -> [Result<PostLine, any Error>] {
        switch name {
        case "update", "status.update": results(of: data)
        case "delete": [.success(.deletion(id: String(decoding: data, as: UTF8.self)))]
        default: [.success(.control(name))]
        }
    }

    private func results(_ json: JSONValue) -> [Result<PostLine, any Error>] {
        if let name = json["event"]?.string, let payload = json["payload"] {
            if payload.isObject { return results(payload) }
            var data = payload.identifier ?? ""
            return data.withUTF8 { results(ofEvent: name, $0) }
        }
        if let page = json["data"]?.array {
            return page.map { post in Result { try self.post(post, includes: json["includes"]) } }
        }
        for name in ["statuses", "posts", "tweets"] {
            if let list = json[name]?.array { return list.flatMap(results) }
        }
        if let inner = json["tweet"] ?? json["post"], inner.isObject { return results(inner) }
        return [Result { try one(json) }]
    }

    private func one(_ json: JSONValue) throws -> PostLine {
        if let kind = json["swiftwater"]?.string { return try normalized(json, kind) }
        if json["did"] != nil, json["kind"] != nil { return jetstream(json) }
        if let data = json["data"], data.isObject { return try post(data, includes: json["includes"]) }
        if json["content"] != nil, json["account"] != nil { return mastodon(json) }
        if let record = json["record"], record["text"] != nil { return blueskyView(json, record) }
        if json["$type"]?.string == "app.bsky.feed.post", json["text"] != nil {
            return .post(blueskyPost(json, id: nil, author: nil))
        }
        if json["text"] != nil || json["full_text"] != nil { return try post(json, includes: nil) }
        for control in ["limit", "disconnect", "warning", "scrub_geo", "status_withheld", "user_withheld", "errors"]
        where json[control] != nil {
            return .control(control)
        }
        if let status = json["delete"]?["status"] { return .deletion(id: status.postID ?? "") }
        throw unknownShape(json)
    }

    func unknownShape(_ json: JSONValue) -> SwiftwaterError {
        SwiftwaterError(
            .malformedInput, "JSON of an unknown shape, \(json.shape)",
            remedy: "posts are plain lines, or JSON of Twitter v1.1, X v2, Bluesky or Mastodon")
    }
}

extension JSONValue {
    var isObject: Bool { if case .object = self { true } else { false } }

    /// An id or a time that may be written as a string or as a number.
    var identifier: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): "\(number)"
        default: nil
        }
    }

    /// The id of a post or a user of Twitter, X or Mastodon.
    var postID: String? { self["id_str"]?.string ?? self["id"]?.identifier }

    /// What the value is, for errors: `with the members id, name, ...`.
    fileprivate var shape: String {
        guard case .object(let members) = self else { return "not an object" }
        guard !members.isEmpty else { return "without members" }
        let names = members.prefix(5).map { TerminalText.safe(String($0.name.prefix(40))) }
        return "with the members \(names.joined(separator: ", "))\(members.count > 5 ? ", ..." : "")"
    }
}
