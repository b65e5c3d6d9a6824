import Foundation

/// Counts tags from a batch trace naively and independently of the engine: strings, dictionaries, and its own hashtag
/// rules over an array of scalars.
struct NaiveTrends {
    /// The batches of the trace, in order.
    let batches: [(time: Int, posts: [String])]

    init(tracePath: String) throws {
        batches = try String(contentsOfFile: tracePath, encoding: .utf8).split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
            return (object["batch"] as! Int, object["posts"] as! [String])
        }
    }

    /// Returns the full table of the window that ends at `time`.
    func table(endingAt time: Int, windowMilliseconds: Int, words: Bool) -> [String: Int] {
        var counts: [String: Int] = [:]
        for batch in batches where batch.time > time - windowMilliseconds && batch.time <= time {
            for post in batch.posts {
                for tag in Set(words ? Self.words(post) : Self.hashtags(post)) { counts[tag, default: 0] += 1 }
            }
        }
        return counts
    }

    private static func lowercased(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        scalars.map { $0.properties.lowercaseMapping }.joined()
    }

    static func words(_ post: String) -> [String] {
        post.unicodeScalars.split(separator: " ").filter { $0.first == "#" }.map { lowercased($0) }
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        CharacterSet.letters.union(.nonBaseCharacters).contains(scalar) || scalar == "_" || scalar.value == 0x200D
            || scalar.properties.generalCategory == .decimalNumber
    }

    static func hashtags(_ post: String) -> [String] {
        let scalars = Array(post.unicodeScalars)
        var result: [String] = []
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "#" else { index += 1; continue }
            var end = index + 1
            while end < scalars.count, isWordScalar(scalars[end]) { end += 1 }
            let before = index == 0 ? " " : scalars[index - 1]
            let startsWell = before.value == 0xFE0F || (!isWordScalar(before) && before != "&")
            let hasLetter = scalars[(index + 1)..<end].contains { CharacterSet.letters.contains($0) }
            let endsWell = end == scalars.count || scalars[end] != "#"
            if startsWell && hasLetter && endsWell { result.append("#" + lowercased(scalars[(index + 1)..<end])) }
            index = max(end, index + 1)
        }
        return result
    }
}
