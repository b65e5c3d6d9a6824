import SwiftwaterCore
import SwiftwaterFormats

/// A post in bytes, reduced to what trends need: slices of the line it was read from or of the reader's memory. Valid
/// until the next line is read.
package struct PostView {
    /// The kind of a line.
    package enum Kind: Sendable {
        /// A post.
        case post
        /// The deletion of the post with this `id`.
        case deletion
        /// A service message that is not a post.
        case control
    }

    /// The kind of the line.
    package var kind = Kind.post
    /// The text as it appears in the line, with JSON escapes if `isEscaped`.
    package internal(set) var rawText = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Whether `rawText` has JSON escapes.
    package internal(set) var isEscaped = false
    /// Whether the text is HTML, or has character references.
    package internal(set) var markup = Markup.none
    /// The post's id; empty if there is none.
    package internal(set) var id = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Whether `id` is unique only among the posts of its author.
    package internal(set) var isIDOfAuthor = false
    /// The author's id; empty if there is none.
    package internal(set) var author = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The time of writing, in milliseconds since 1970; nil if it is unknown.
    package internal(set) var time: Int64?
    /// The service's list of tags, without `#`, possibly with escapes; nil if there is none.
    package internal(set) var tags: [UnsafeBufferPointer<UInt8>]?

    /// The markup of a text.
    package enum Markup: UInt8, Sendable { case none, references, html }

    /// Creates an empty view.
    package init() {}

    /// A stable hash of the post's identity: of author and id if ids are unique only per author.
    package var idHash: UInt64 {
        guard isIDOfAuthor else { return StableHasher.hash(UnsafeRawBufferPointer(id)) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: author.count + 1 + id.count) { name in
            _ = name.update(fromContentsOf: author)
            name[author.count] = UInt8(ascii: "/")
            _ = name[(author.count + 1)...].update(fromContentsOf: id)
            return StableHasher.hash(UnsafeRawBufferPointer(name))
        }
    }

    /// The text as readers see it, without escapes and markup.
    package var text: String { PostView.text(rawText, isEscaped: isEscaped, markup) }

    /// Returns the text that `raw` stands for, without escapes and markup.
    package static func text(_ raw: UnsafeBufferPointer<UInt8>, isEscaped: Bool, _ markup: Markup) -> String {
        let plain = JSONEscapes.string(raw, isEscaped)
        switch markup {
        case .none: return plain
        case .references: return HTMLText.unescaped(plain)
        case .html: return HTMLText.plain(plain)
        }
    }
}
