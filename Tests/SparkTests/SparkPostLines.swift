#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterFormats
    import TestSupport

    /// Posts for Spark, and the tables of `trends --json`.
    enum SparkPostLines {
        /// Returns posts in the form of `relay --format posts`, with tags of all kinds and what only looks like one.
        static func make(_ count: Int, seed: UInt64) -> [String] {
            var random = SeededRandom(seed: seed, stream: 1)
            let words = [
                "#Swift", "#spark", "#Ünïcode", "#日本", "#a1", "#1", "#x_y", "hello", "x#no", "https://a.b/#frag",
                "&#no",
                "(#par)", "#a#b", "#end.", "RT", "#", "＃wide", "a.org/x#y", "#tag.example.com/z", "été#no", "#2026年",
            ]
            return (0..<count).map { number in
                let text = (0..<1 + random.below(7)).map { _ in words[random.below(words.count)] }.joined(
                    separator: " ")
                let time = BatchTime(milliseconds: 1_764_000_000_000 + Int64(number) * 100).civil
                let tags = random.below(10) == 0 ? ",\"hashtags\":[\"Listed\",\"swift\"]" : ""
                return """
                    {"swiftwater":"post","id":"\(number)","text":"\(text)","createdAt":"\(time.date)T\(time.timeOfDay)Z",\
                    "author":{"id":"\(1 + random.below(40))"}\(tags)}

                    """
            } + ["{\"swiftwater\":\"deletion\",\"id\":\"none\"}\n"]
        }

        struct Window: Equatable {
            var posts: Int64?
            var keys: Int64?
            var rows: [String]
        }

        /// The posts, number of keys, and the rank, key and count of each row, by the end of the window.
        static func windows(_ json: String) throws -> [Int64: Window] {
            var found: [Int64: Window] = [:]
            for line in json.split(separator: "\n") {
                let table = try Array(line.utf8).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
                let rows = table["trends"]?.array ?? []
                found[table["end"]?.integer ?? 0] = Window(
                    posts: table["posts"]?.integer, keys: table["keys"]?.integer,
                    rows: rows.map { "\($0["rank"]!.integer!) \($0["key"]!.string!) \($0["count"]!.integer!)" })
            }
            return found
        }
    }
#endif
