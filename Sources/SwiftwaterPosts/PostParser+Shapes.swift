import SwiftwaterCore
import SwiftwaterFormats

// The shapes of posts, one function each.

extension PostParser {
    /// Reads what `PostLine.normalized` writes.
    func normalized(_ json: JSONValue, _ kind: String) throws -> PostLine {
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
                .malformedInput, "a relay line of the unknown kind '\(kind.prefix(40))'",
                remedy: "a newer version may have written it; upgrade to that version")
        }
    }

    // MARK: Twitter and X

    /// Reads a post of Twitter v1.1 or X v2.
    ///
    /// - Parameter includes: with X v2, the expanded users and posts.
    func post(_ json: JSONValue, includes: JSONValue?) throws -> PostLine {
        guard json["text"] != nil || json["full_text"] != nil else { throw unknownShape(json) }
        let authorID = json["user"]?.postID ?? json["author_id"]?.identifier ?? json["author"]?.postID
        let user =
            json["user"] ?? json["author"]
            ?? includes?["users"]?.array?.first { $0["id"]?.identifier == authorID && authorID != nil }
        let (text, tags) = content(of: json, includes)
        return .post(
            Post(
                id: json.postID, text: HTMLText.unescaped(text),
                createdAt: (json["created_at"] ?? json["createdAt"])?.identifier, authorID: authorID,
                authorName: user?["name"]?.string, location: user?["location"]?.string, language: json["lang"]?.string,
                hashtags: tags))
    }

    /// Returns the whole text of a post, and the service's list of its tags; those of the original for a repost.
    private func content(of post: JSONValue, _ includes: JSONValue?) -> (text: String, tags: [String]?) {
        let extended = post["extended_tweet"]
        let own = extended?["full_text"]?.string ?? post["full_text"]?.string ?? post["text"]?.string ?? ""
        if let original = original(of: post, includes) {
            let (text, tags) = content(of: original, includes)
            return (own.prefix(Retweet.prefixLength(of: own)) + text, tags)
        }
        if let note = post["note_tweet"], let text = note["text"]?.string { return (text, tags(note["entities"])) }
        return (own, tags(extended?["entities"] ?? post["entities"]))
    }

    private func tags(_ entities: JSONValue?) -> [String]? {
        entities?["hashtags"]?.array?.compactMap { ($0["text"] ?? $0["tag"])?.string }
    }

    /// Returns the post that a repost repeats, if the line has it.
    private func original(of post: JSONValue, _ includes: JSONValue?) -> JSONValue? {
        func hasText(_ json: JSONValue) -> Bool {
            (json["extended_tweet"]?["full_text"] ?? json["full_text"] ?? json["text"])?.string != nil
        }
        if let status = post["retweeted_status"], hasText(status) { return status }
        guard let reference = post["referenced_tweets"]?.array?.first(where: { $0["type"]?.string == "retweeted" })
        else { return nil }
        if hasText(reference) { return reference }
        return includes?["tweets"]?.array?.first { $0["id"]?.identifier == reference["id"]?.identifier && hasText($0) }
    }

    // MARK: Bluesky

    func jetstream(_ json: JSONValue) -> PostLine {
        let did = json["did"]?.string ?? ""
        guard json["kind"]?.string == "commit", let commit = json["commit"] else {
            return .control(json["kind"]?.string ?? "event")
        }
        guard commit["collection"]?.string == "app.bsky.feed.post" else {
            return .control(commit["collection"]?.string ?? "commit")
        }
        let key = did + "/" + (commit["rkey"]?.string ?? "")
        guard commit["operation"]?.string != "delete" else { return .deletion(id: key) }
        guard let record = commit["record"], record["text"]?.string != nil else {
            return .control("record without text")
        }
        return .post(blueskyPost(record, id: key, author: did))
    }

    /// Reads a post as the app's API lists it: a record with its address and author.
    func blueskyView(_ json: JSONValue, _ record: JSONValue) -> PostLine {
        let author = json["author"]
        // at://DID/app.bsky.feed.post/KEY
        let parts = json["uri"]?.string?.split(separator: "/").map(String.init) ?? []
        let id = parts.count == 4 ? parts[1] + "/" + parts[3] : json["uri"]?.string
        var post = blueskyPost(record, id: id, author: author?["did"]?.string)
        post.authorName = author?["displayName"]?.string ?? author?["handle"]?.string ?? post.authorName
        return .post(post)
    }

    func blueskyPost(_ record: JSONValue, id: String?, author: String?) -> Post {
        let features = record["facets"]?.array?.flatMap { $0["features"]?.array ?? [] } ?? []
        let marked = features.filter { $0["$type"]?.string == "app.bsky.richtext.facet#tag" }
            .compactMap { $0["tag"]?.string }
            // Some clients write the sign.
            .map { $0.hasPrefix("#") ? String($0.dropFirst()) : $0 }
        return Post(
            id: id, text: record["text"]?.string ?? "", createdAt: record["createdAt"]?.identifier, authorID: author,
            authorName: author, language: record["langs"]?.array?.first?.string,
            // `tags` has those that are not in the text.
            hashtags: marked + (record["tags"]?.array?.compactMap(\.string) ?? []))
    }

    // MARK: Mastodon

    func mastodon(_ json: JSONValue) -> PostLine {
        // A boost carries the boosted status; its own content is empty.
        let boosted = json["reblog"]
        let status = boosted?["content"] != nil ? boosted! : json
        let account = json["account"]
        return .post(
            Post(
                id: json.postID, text: HTMLText.plain(status["content"]?.string ?? ""),
                createdAt: json["created_at"]?.identifier, authorID: account?.postID ?? account?["acct"]?.string,
                authorName: account?["display_name"]?.string ?? account?["acct"]?.string,
                language: status["language"]?.string,
                hashtags: status["tags"]?.array?.compactMap { $0["name"]?.string }))
    }
}

/// The form of a retweet's text: `RT @name: ` and the beginning of the original.
enum Retweet {
    /// Returns the length of `RT @name: ` at the start of a text, in characters and bytes; 0 if it is not there.
    static func prefixLength(of text: some StringProtocol) -> Int {
        // A screen name has at most 15 letters, digits and underscores, and had 20.
        prefixLength(of: text.utf8.prefix(27))
    }

    static func prefixLength(of text: some Collection<UInt8>) -> Int {
        guard text.starts(with: "RT @".utf8) else { return 0 }
        var length = 4
        for byte in text.dropFirst(4) {
            length += 1
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                continue
            case UInt8(ascii: ":"): return text.dropFirst(length).first == 0x20 && length > 5 ? length + 1 : 0
            default: return 0
            }
        }
        return 0
    }
}
