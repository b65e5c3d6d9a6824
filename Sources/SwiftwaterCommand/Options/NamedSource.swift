import ArgumentParser
import Swiftwater

/// A source of posts and the name by which a checkpoint knows it: the value of a repeatable `--source`.
struct NamedSource {
    /// The name that the user gave, or else what the source is: its URL.
    let name: String
    let source: PostSource

    /// Parses a URL as `PostSource` does, perhaps after `NAME=`.
    init(parsing text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2, NamedSource.isName(parts[0]) {
            (name, source) = (parts[0], try PostSource(parsing: parts[1]))
        } else {
            source = try PostSource(parsing: text)
            name = text.count > 7 && text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    private static func isName(_ text: String) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    /// Refuses two sources of one name.
    static func check(_ sources: [NamedSource]) throws {
        var names: Set<String> = []
        for source in sources where !names.insert(source.name).inserted {
            throw ValidationError(
                "two sources are named '\(source.name)'; put another name before one of them: NAME=URL.")
        }
    }
}
