import SwiftwaterCore

/// A filter for posts that contain a tracked word, as a whole word and in any case.
///
/// Words are runs of letters, marks, digits and underscores. A tracked phrase of several words matches posts that
/// contain all of them, in any order. Without words, every post passes.
///
/// | tracked | without `isExact` | with `isExact` |
/// |---|---|---|
/// | `corona` | `Corona!`, `#corona`, `CORONA,virus` | `Corona!`, `CORONA,virus` |
/// | `#corona` | the same | `#corona now` |
/// | both | not `coronavirus` | not `coronavirus` |
package struct TrackFilter: Sendable {
    private let phrases: [Set<String>]
    private let isExact: Bool

    /// Creates a filter for posts that match one of the phrases.
    ///
    /// - Parameter isExact: whether the sign before a word, `#`, `@` or `$`, belongs to it.
    package init(_ phrases: [String], isExact: Bool = false) {
        self.isExact = isExact
        self.phrases = phrases.map { Set(TrackFilter.tokens($0, isExact: isExact)) }.filter { !$0.isEmpty }
    }

    /// Whether no phrase contains a word, so that every post passes.
    package var isEmpty: Bool { phrases.isEmpty }

    /// Returns whether a text contains all words of one of the phrases.
    package func matches(_ text: String) -> Bool {
        guard !phrases.isEmpty else { return true }
        let tokens = Set(TrackFilter.tokens(text, isExact: isExact))
        return phrases.contains { $0.isSubset(of: tokens) }
    }

    static func tokens(_ text: String, isExact: Bool) -> [String] {
        var tokens: [String] = []
        var current = ""
        var sign = ""
        func end() {
            if !current.isEmpty { tokens.append(sign + current) }
            (current, sign) = ("", "")
        }
        for scalar in text.unicodeScalars {
            if Scalars.isTagScalar(scalar.value) {
                current += scalar.properties.lowercaseMapping
            } else {
                end()
                switch scalar {
                case "#", "@", "$": sign = isExact ? String(scalar) : ""
                case "\u{FF03}": sign = isExact ? "#" : ""
                default: break
                }
            }
        }
        end()
        return tokens
    }
}
