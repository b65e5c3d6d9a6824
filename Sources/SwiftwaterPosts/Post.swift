import SwiftwaterCore

/// A post of any service, as far as trends and the relay need it.
public struct Post: Sendable, Equatable {
    /// The id of the service; for Bluesky author and key.
    public var id: String?
    /// The text, without markup.
    public var text: String
    /// When it was written, in the service's form.
    public var createdAt: String?
    /// The id of the author.
    public var authorID: String?
    /// The display name of the author.
    public var authorName: String?
    /// The location in the author's profile.
    public var location: String?
    /// The language, as a code such as `en`.
    public var language: String?
    /// The service's own list of tags, without `#`; nil if it has none.
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

    /// The text as one line: every CR, LF and other line end becomes a space.
    public var singleLine: String {
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}
