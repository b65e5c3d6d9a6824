import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts

/// A generator of realistic posts.
///
/// Posts have words in several scripts, hashtags in mixed case with a Zipf distribution, and optionally tags that
/// surge. The same settings and seed give the same posts.
public struct PostGenerator: Sequence, IteratorProtocol, Sendable {
    /// A tag that becomes popular for a while.
    public struct Surge: Sendable {
        /// The tag, without `#`.
        public var tag: String
        /// The posts, by number, during which it is popular.
        public var posts: Range<Int>
        /// The share of those posts that carry it, 0...1.
        public var share: Double

        /// Creates a surge.
        public init(tag: String, posts: Range<Int>, share: Double) {
            self.tag = tag
            self.posts = posts
            self.share = share
        }
    }

    /// Settings of the generator.
    public struct Settings: Sendable {
        /// The number of posts.
        public var count: Int
        /// The seed.
        public var seed: UInt64
        /// The number of distinct tags.
        public var tags: Int
        /// The tags that surge.
        public var surges: [Surge]
        /// The number of posts per second of `createdAt`.
        public var postsPerSecond: Int
        /// The time of the first post, in seconds since 1970.
        public var startSeconds: Int64

        /// Creates settings; what is left out has its default.
        public init(
            count: Int = 100_000, seed: UInt64 = 7, tags: Int = 50_000, surges: [Surge] = [],
            postsPerSecond: Int = 1_000, startSeconds: Int64 = 1_790_000_000
        ) {
            self.count = count
            self.seed = seed
            self.tags = tags
            self.surges = surges
            self.postsPerSecond = postsPerSecond
            self.startSeconds = startSeconds
        }
    }

    private let settings: Settings
    private var random: SeededRandom
    private let tagNames: [String]
    private let tagChoice: WeightedChoice
    private let wordChoice: WeightedChoice
    private var made = 0

    /// Creates a generator, at its first post.
    public init(_ settings: Settings = Settings()) {
        self.settings = settings
        random = SeededRandom(seed: settings.seed, stream: 10)
        var names = Vocabulary.tags
        var naming = SeededRandom(seed: settings.seed, stream: 11)
        while names.count < settings.tags {
            let parts = [
                Vocabulary.words[naming.below(Vocabulary.words.count)],
                Vocabulary.words[naming.below(Vocabulary.words.count)],
            ]
            names.append(parts.joined() + (names.count % 3 == 0 ? String(naming.below(1000)) : "\(names.count)"))
        }
        tagNames = Array(names.prefix(settings.tags))
        tagChoice = WeightedChoice(weights: (0..<tagNames.count).map { 1 / Double($0 + 8) })
        wordChoice = WeightedChoice(weights: (0..<Vocabulary.words.count).map { 1 / Double($0 + 4) })
    }

    /// Returns the next post, or nil after the last.
    public mutating func next() -> Post? {
        guard made < settings.count else { return nil }
        defer { made += 1 }
        let author = random.below(20_000)
        return Post(
            id: String(1_990_000_000_000_000_000 + made), text: makeText(),
            createdAt: TwitterDate.text(
                secondsSince1970: settings.startSeconds + Int64(made / Swift.max(1, settings.postsPerSecond))),
            authorID: String(author), authorName: Vocabulary.name(author),
            location: Vocabulary.places[author % Vocabulary.places.count],
            language: "en", hashtags: nil)
    }

    private mutating func makeText() -> String {
        var parts = (0..<(4 + random.below(14))).map { _ in word() }
        for surge in settings.surges where surge.posts.contains(made) && random.uniform() < surge.share {
            parts.insert("#" + cased(surge.tag), at: random.below(parts.count + 1))
        }
        let draw = random.uniform()
        let count = draw < 0.42 ? 0 : draw < 0.71 ? 1 : draw < 0.86 ? 2 : draw < 0.95 ? 3 : 4
        for _ in 0..<count {
            var tag = "#" + cased(tagNames[tagChoice.draw(&random)])
            if random.uniform() < 0.06 { tag += [",", "!", ".", ":", "..."][random.below(5)] }
            parts.insert(tag, at: random.below(parts.count + 1))
        }
        return parts.joined(separator: " ")
    }

    private mutating func word() -> String {
        let draw = random.uniform()
        if draw < 0.03 { return Vocabulary.emoji[random.below(Vocabulary.emoji.count)] }
        if draw < 0.10 { return Vocabulary.foreign[random.below(Vocabulary.foreign.count)] }
        let word = Vocabulary.words[wordChoice.draw(&random)]
        return draw < 0.12 ? "@" + word : word
    }

    private mutating func cased(_ tag: String) -> String {
        let draw = random.uniform()
        if draw < 0.5 { return tag }
        return draw < 0.8 ? tag.prefix(1).uppercased() + tag.dropFirst() : tag.uppercased()
    }

    /// Returns the post as a line of JSON in the format of Twitter v1.1, without a line end.
    public static func twitterLine(_ post: Post) -> String {
        JSONWriter.object { json in
            json.member("created_at", post.createdAt)
            json.member("id_str", post.id)
            json.member("text", post.text)
            json.member(
                "user",
                object: { json in
                    json.member("id_str", post.authorID)
                    json.member("name", post.authorName)
                    json.member("location", post.location)
                })
            json.member("lang", post.language)
        }
    }
}

/// Formats dates as Twitter v1.1 did: `Wed Nov 25 12:00:00 +0000 2026`.
enum TwitterDate {
    static func text(secondsSince1970 seconds: Int64) -> String {
        let date = CivilDate(secondsSince1970: seconds)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][date.daysAfterThursday]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][date.month - 1]
        return "\(weekday) \(month) \(CivilDate.two(date.day)) \(date.timeOfDay) +0000 \(date.year)"
    }
}
