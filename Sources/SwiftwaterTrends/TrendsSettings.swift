import SwiftwaterCore

/// Settings of the trends job, shared by the library, the command line and the tests.
public struct TrendsSettings: Sendable {
    /// What counts as a tag.
    public enum Tokenizer: String, Sendable, CaseIterable {
        /// The case study to the letter: split on spaces, keep what starts with `#`.
        case words
        /// The public hashtag rules.
        case hashtags
    }

    public var window: Duration = .seconds(20)
    /// How often there is a table; the batch interval unless set.
    public var slide: Duration?
    public var tokenizer = Tokenizer.hashtags

    public init() {}
}
