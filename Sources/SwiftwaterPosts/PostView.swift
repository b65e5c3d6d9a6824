import SwiftwaterCore
import SwiftwaterFormats

/// A post as trends need it, in bytes: slices of the line it was read from or of the reader's own memory. Void when the next line is read.
package struct PostView {
    /// What a line was.
    package enum Kind: Sendable {
        case post
        /// A post was taken back: `id` says which.
        case deletion
        /// A message of the service that is no post.
        case control
    }

    package var kind = Kind.post
    /// The text as it stands in the line: with JSON's escapes where `isEscaped`.
    package internal(set) var rawText = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    package internal(set) var isEscaped = false
    /// Whether the text is HTML, or has character references.
    package internal(set) var markup = Markup.none
    package internal(set) var id = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Whether `id` is one of its author's, which another may have, too.
    package internal(set) var isIDOfAuthor = false
    package internal(set) var author = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// When it was written, in milliseconds since 1970; nil where it does not say.
    package internal(set) var time: Int64?
    /// The tags that the service found, without sign, perhaps with escapes; nil where it says nothing of tags.
    package internal(set) var tags: [UnsafeBufferPointer<UInt8>]?

    package enum Markup: UInt8, Sendable { case none, references, html }

    package init() {}

    /// A stable hash of what the post is called: author and id where ids are the author's.
    package var idHash: UInt64 {
        guard isIDOfAuthor else { return StableHasher.hash(UnsafeRawBufferPointer(id)) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: author.count + 1 + id.count) { name in
            _ = name.update(fromContentsOf: author)
            name[author.count] = UInt8(ascii: "/")
            _ = name[(author.count + 1)...].update(fromContentsOf: id)
            return StableHasher.hash(UnsafeRawBufferPointer(name))
        }
    }

    /// The text as people read it.
    package var text: String { PostView.text(rawText, isEscaped: isEscaped, markup) }

    /// What raw text stands for.
    package static func text(_ raw: UnsafeBufferPointer<UInt8>, isEscaped: Bool, _ markup: Markup) -> String {
        let plain = JSONEscapes.string(raw, isEscaped)
        switch markup {
        case .none: return plain
        case .references: return HTMLText.unescaped(plain)
        case .html: return HTMLText.plain(plain)
        }
    }
}
