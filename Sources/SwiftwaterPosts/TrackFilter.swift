import SwiftwaterCore

/// A filter for posts that contain a tracked word, as a whole token and in any case. `#corona` matches `corona`;
/// `coronavirus` does not.
///
/// Tokens are runs of letters, marks, digits and underscores. A tracked phrase of several words matches posts that
/// contain all of them. Without words, every post passes.
package struct TrackFilter: Sendable {
    private let phrases: [Set<String>]

    /// Creates a filter for posts that match one of the phrases.
    package init(_ phrases: [String]) {
        self.phrases = phrases.map { Set(TrackFilter.tokens($0)) }.filter { !$0.isEmpty }
    }

    /// Whether no phrase contains a word, so that every post passes.
    package var isEmpty: Bool { phrases.isEmpty }

    /// Returns whether a text contains all words of one of the phrases.
    package func matches(_ text: String) -> Bool {
        guard !phrases.isEmpty else { return true }
        let tokens = Set(TrackFilter.tokens(text))
        return phrases.contains { $0.isSubset(of: tokens) }
    }

    static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var current = ""
        for scalar in text.unicodeScalars {
            if Scalars.isTagScalar(scalar.value) {
                current += scalar.properties.lowercaseMapping
            } else if !current.isEmpty {
                tokens.append(current)
                current = ""
            }
        }
        if !current.isEmpty { tokens.append(current) }
        return tokens
    }
}
