import SwiftwaterCore
import SwiftwaterFormats

/// The content of a line of a recorded or live stream.
public enum PostLine: Sendable, Equatable {
    /// A post.
    case post(Post)
    /// A deletion: the id of the post, or its author and key.
    case deletion(id: String)
    /// A service message that is not a post (keep-alive, limit notice, profile change), with its kind.
    case control(String)
}

extension PostLine {
    /// The line in the normalized form, which is the same for all services: JSON without a line end. nil for control
    /// messages. `PostParser` and `PostReader` read it back. `docs/FORMATS.md` describes it.
    ///
    ///     {"swiftwater":"post","id":"1","text":"...","createdAt":"2026-11-23T12:00:00.123Z",
    ///      "author":{"id":"2","name":"Ana","location":"Lisbon"},"language":"en","hashtags":["a","b"]}
    ///     {"swiftwater":"deletion","id":"1"}
    ///
    /// Unknown members are omitted. A time that cannot be parsed is kept as the service wrote it.
    public var normalized: String? {
        switch self {
        case .control: nil
        case .deletion(let id):
            JSONWriter.object { json in
                json.member("swiftwater", "deletion")
                json.member("id", id)
            }
        case .post(let post): PostLine.normalized(post)
        }
    }

    private static func normalized(_ post: Post) -> String {
        JSONWriter.object { json in
            func member(_ name: String, _ value: String?, _ json: inout JSONWriter) {
                if let value { json.member(name, value) }
            }
            json.member("swiftwater", "post")
            member("id", post.id, &json)
            json.member("text", post.text)
            member("createdAt", post.createdAt.map { PostTime.text($0) ?? $0 }, &json)
            if post.authorID != nil || post.authorName != nil || post.location != nil {
                json.member(
                    "author",
                    object: { json in
                        member("id", post.authorID, &json)
                        member("name", post.authorName, &json)
                        member("location", post.location, &json)
                    })
            }
            member("language", post.language, &json)
            if let tags = post.hashtags { json.member("hashtags", tags) }
        }
    }
}
