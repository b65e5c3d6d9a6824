import SwiftwaterCore

/// A post of any service, reduced to what trends and the relay need.
public struct Post: Sendable, Equatable {
    /// The service's id; for Bluesky, the author and the key.
    public var id: String?
    /// The text, without markup.
    public var text: String
    /// The time of writing, in the service's format.
    public var createdAt: String?
    /// The author's id.
    public var authorID: String?
    /// The author's display name.
    public var authorName: String?
    /// The location in the author's profile.
    public var location: String?
    /// The language, as a code such as `en`.
    public var language: String?
    /// The service's own list of tags, without `#`; nil if there is none.
    public var hashtags: [String]?

    /// Creates a post.
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

    /// The text on one line: every CR and LF becomes a space.
    public var singleLine: String {
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}
