/// A rule of X's filtered stream: a query of up to some hundred characters.
struct XRule: Sendable, Equatable {
    /// The tag of the rules that this program sets.
    static let ownTag = "swiftwater"

    let value: String

    init(_ value: String) { self.value = value }

    /// Creates a rule for a word or a phrase, which becomes a quoted one.
    init(track: String) {
        let words = track.split(separator: " ").joined(separator: " ").filter { $0 != "\"" }
        self.init(words.contains(" ") ? "\"\(words)\"" : words)
    }
}
