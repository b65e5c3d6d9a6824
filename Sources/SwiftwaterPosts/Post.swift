import SwiftwaterCore

/// A post of any service, as far as trends and the relay need it.
public struct Post: Sendable, Equatable {
    public var id: String?
    public var text: String
    /// When it was written, as the service says it.
    public var createdAt: String?
    public var authorID: String?
    public var authorName: String?
    public var location: String?
    public var language: String?
    /// The tags that the service itself found, without `#`; nil where it says nothing of tags.
    public var hashtags: [String]?

    public init(
        id: String? = nil, text: String, createdAt: String? = nil, authorID: String? = nil, authorName: String? = nil,
        location: String? = nil, language: String? = nil, hashtags: [String]? = nil
    ) {
        self.id = id
        self.text = text
        self.createdAt = createdAt
        self.authorID = authorID
        self.authorName = authorName
        self.location = location
        self.language = language
        self.hashtags = hashtags
    }

    /// The text as one line: every CR, LF and other line end becomes a space.
    public var singleLine: String {
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}

/// What a line of a recorded or live stream holds.
public enum PostLine: Sendable, Equatable {
    case post(Post)
    /// A post was taken back: its id, or author and key.
    case deletion(id: String)
    /// A message of the service that is no post (keep-alive, limit notice, profile change): what it was.
    case control(String)
}
