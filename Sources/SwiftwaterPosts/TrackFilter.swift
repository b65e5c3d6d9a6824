import SwiftwaterCore

/// Keeps posts that hold a tracked word: as a whole token, in any case. `#corona` matches `corona`; `coronavirus` does not.
///
/// Tokens are runs of letters, marks, digits and underscores. A tracked phrase of several words matches where all of them
/// occur. Without any word everything passes.
package struct TrackFilter: Sendable {
    private let phrases: [Set<String>]

    package init(_ phrases: [String]) {
        self.phrases = phrases.map { Set(TrackFilter.tokens($0)) }.filter { !$0.isEmpty }
    }

    /// Whether no phrase holds a word, so that everything passes.
    package var isEmpty: Bool { phrases.isEmpty }

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
