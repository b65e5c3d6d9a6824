import SwiftwaterCore
import SwiftwaterFormats

/// Parses lines as posts: plain text, or a JSON object of one of five shapes.
///
/// | shape | recognized by | text | author |
/// |---|---|---|---|
/// | Twitter v1.1 | `text` or `full_text` | `extended_tweet.full_text`, `full_text`, `text` | `user` |
/// | X v2 | `data.text` | `data.text` | `includes.users` with `data.author_id` |
/// | Bluesky Jetstream | `did` and `kind` | `commit.record.text` | `did` |
/// | Mastodon | `content` and `account` | `content`, tags removed | `account` |
/// | normalized (`PostLine.normalized`) | `swiftwater` | `text` | `author` |
public struct PostParser: Sendable {
    /// Creates a parser.
    public init() {}

    /// Parses one line.
    ///
    /// - Throws: `malformedInput` if the line begins like a JSON object but is not one, or has an unknown shape.
    public func parse(_ line: Text) throws -> PostLine {
        try line.withBytes { bytes in
            guard let first = bytes.first(where: { $0 != 0x20 && $0 != 0x09 }) else { return .control("empty line") }
            guard first == UInt8(ascii: "{") else {
                return .post(Post(text: String(decoding: bytes, as: UTF8.self)))
            }
            return try parse(JSONValue(parsing: bytes))
        }
    }

    func parse(_ json: JSONValue) throws -> PostLine {
        if let kind = json["swiftwater"]?.string { return try normalized(json, kind) }
        if json["did"] != nil, json["kind"] != nil { return jetstream(json) }
        if let data = json["data"], data["text"] != nil { return xVersion2(json, data) }
        if json["content"] != nil, json["account"] != nil { return mastodon(json) }
        if json["text"] != nil || json["full_text"] != nil { return twitter(json) }
        for control in ["limit", "disconnect", "warning", "scrub_geo", "status_withheld", "user_withheld", "errors"]
        where json[control] != nil {
            return .control(control)
        }
        if let status = json["delete"]?["status"] {
            return .deletion(id: status["id_str"]?.string ?? status["id"]?.integer.map(String.init) ?? "")
        }
        throw SwiftwaterError(
            .malformedInput, "a JSON object of an unknown shape",
            remedy: "posts are plain lines, or JSON of Twitter v1.1, X v2, Bluesky Jetstream or Mastodon")
    }

    // MARK: The five shapes

    /// Reads what `PostLine.normalized` writes.
    private func normalized(_ json: JSONValue, _ kind: String) throws -> PostLine {
        switch kind {
        case "post":
            let author = json["author"]
            return .post(
                Post(
                    id: json["id"]?.string, text: json["text"]?.string ?? "", createdAt: json["createdAt"]?.string,
                    authorID: author?["id"]?.string, authorName: author?["name"]?.string,
                    location: author?["location"]?.string, language: json["language"]?.string,
                    hashtags: json["hashtags"]?.array?.compactMap(\.string)))
        case "deletion": return .deletion(id: json["id"]?.string ?? "")
        default:
            throw SwiftwaterError(
                .malformedInput, "a relay line of the unknown kind '\(kind)'",
                remedy: "a newer version may have written it; upgrade to that version")
        }
    }

    private func twitter(_ json: JSONValue) -> PostLine {
        let extended = json["extended_tweet"]
        let text = extended?["full_text"]?.string ?? json["full_text"]?.string ?? json["text"]?.string ?? ""
        let user = json["user"]
        let entities = extended?["entities"] ?? json["entities"]
        return .post(
            Post(
                id: identifier(json), text: HTMLText.unescaped(text), createdAt: json["created_at"]?.string,
                authorID: user.flatMap(identifier), authorName: user?["name"]?.string,
                location: user?["location"]?.string, language: json["lang"]?.string,
                hashtags: entities?["hashtags"]?.array?.compactMap { $0["text"]?.string }))
    }

    private func xVersion2(_ json: JSONValue, _ data: JSONValue) -> PostLine {
        let author = data["author_id"]?.string
        let user = json["includes"]?["users"]?.array?.first { $0["id"]?.string == author }
        return .post(
            Post(
                id: data["id"]?.string, text: HTMLText.unescaped(data["text"]?.string ?? ""),
                createdAt: data["created_at"]?.string, authorID: author, authorName: user?["name"]?.string,
                location: user?["location"]?.string, language: data["lang"]?.string,
                hashtags: data["entities"]?["hashtags"]?.array?.compactMap { $0["tag"]?.string }))
    }

    private func jetstream(_ json: JSONValue) -> PostLine {
        let did = json["did"]?.string ?? ""
        guard json["kind"]?.string == "commit", let commit = json["commit"] else {
            return .control(json["kind"]?.string ?? "event")
        }
        guard commit["collection"]?.string == "app.bsky.feed.post" else {
            return .control(commit["collection"]?.string ?? "commit")
        }
        let key = did + "/" + (commit["rkey"]?.string ?? "")
        guard commit["operation"]?.string != "delete" else { return .deletion(id: key) }
        guard let record = commit["record"], let text = record["text"]?.string else {
            return .control("record without text")
        }
        let features = record["facets"]?.array?.flatMap { $0["features"]?.array ?? [] } ?? []
        return .post(
            Post(
                id: key, text: text, createdAt: record["createdAt"]?.string, authorID: did, authorName: did,
                language: record["langs"]?.array?.first?.string,
                hashtags: features.filter { $0["$type"]?.string == "app.bsky.richtext.facet#tag" }
                    .compactMap { $0["tag"]?.string }))
    }

    private func mastodon(_ json: JSONValue) -> PostLine {
        // A boost carries the boosted status; its own content is empty.
        let boosted = json["reblog"]
        let status = boosted?["content"] != nil ? boosted! : json
        let account = status["account"]
        return .post(
            Post(
                id: json["id"]?.string, text: HTMLText.plain(status["content"]?.string ?? ""),
                createdAt: status["created_at"]?.string, authorID: account?["id"]?.string ?? account?["acct"]?.string,
                authorName: account?["display_name"]?.string ?? account?["acct"]?.string,
                language: status["language"]?.string,
                hashtags: status["tags"]?.array?.compactMap { $0["name"]?.string }))
    }

    private func identifier(_ json: JSONValue) -> String? {
        json["id_str"]?.string ?? json["id"]?.string ?? json["id"]?.integer.map(String.init)
    }
}
