import SwiftwaterCore
import SwiftwaterFormats

/// Reads lines as posts, of whichever service they are: plain text, or a JSON object of one of the four shapes.
///
/// | shape | told by | text | author |
/// |---|---|---|---|
/// | Twitter v1.1 | `text` or `full_text`, with `user` or `created_at` | `extended_tweet.full_text`, `full_text`, `text` | `user` |
/// | X v2 | `data.text` | `data.text` | `includes.users` with `data.author_id` |
/// | Bluesky Jetstream | `did` and `kind` | `commit.record.text` | `did` |
/// | Mastodon | `content` and `account` | `content`, tags removed | `account` |
public struct PostParser: Sendable {
    public init() {}

    /// Reads one line.
    ///
    /// - Throws: `malformedInput` for a line that begins like a JSON object and is none, or is of no known shape.
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
            .malformedInput, "a JSON object of no known shape",
            remedy: "posts are plain lines, or JSON of Twitter v1.1, X v2, Bluesky Jetstream or Mastodon")
    }

    // MARK: The four shapes

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

/// The little HTML that posts carry.
enum HTMLText {
    /// Text without tags: `<br>` and the end of a paragraph become line ends, character references their characters.
    static func plain(_ html: String) -> String {
        var result = ""
        var rest = html[...]
        while let open = rest.firstIndex(of: "<") {
            result += rest[..<open]
            guard let close = rest[open...].firstIndex(of: ">") else {
                rest = rest[rest.endIndex...]
                break
            }
            let tag = rest[rest.index(after: open)..<close].lowercased()
            if tag.hasPrefix("br") || tag == "/p" { result += "\n" }
            rest = rest[rest.index(after: close)...]
        }
        result += rest
        while result.last == "\n" { result.removeLast() }
        return unescaped(result)
    }

    /// Character references replaced: the five of XML, `&nbsp;`, and numbers.
    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            let after = rest.index(after: start)
            if let end = rest[after...].prefix(10).firstIndex(of: ";"), let character = reference(rest[after..<end]) {
                result += character
                rest = rest[rest.index(after: end)...]
            } else {
                result += "&"
                rest = rest[after...]
            }
        }
        return result + rest
    }

    private static func reference(_ name: Substring) -> String? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case "nbsp": return "\u{A0}"
        default:
            guard name.first == "#" else { return nil }
            let digits = name.dropFirst()
            let code =
                digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return code.flatMap(Unicode.Scalar.init).map { String($0) }
        }
    }
}
