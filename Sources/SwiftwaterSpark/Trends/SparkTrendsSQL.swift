#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterTrends

    /// The queries that count the keys of posts in windows, as `DStream.trending` does here.
    struct SparkTrendsSQL {
        let settings: TrendingSettings
        let posts: SparkPosts

        /// The members of a post in the form of `relay --format posts` that are needed.
        private static let postSchema =
            "swiftwater STRING, text STRING, createdAt STRING, author STRUCT<id: STRING>, hashtags ARRAY<STRING>"

        /// The name of the observation of `readSQL`, and its metrics.
        static let observation = "swiftwater_posts"
        static let metrics = ["count_if(isUnreadable) AS unreadable"]

        /// Posts: `time`, `author`, `text`, `tags`, and whether they could not be read, as posts with a time.
        var readSQL: String {
            let time = settings.usesEventTime ? "try_to_timestamp(post.createdAt)" : "arrival"
            return """
                SELECT \(time) AS time, nullif(post.author.id, '') AS author, post.hashtags AS tags,
                  CASE WHEN isJSON THEN post.text ELSE value END AS text,
                  (isJSON AND coalesce(post.swiftwater, '') <> 'post') OR \(time) IS NULL AS isUnreadable
                FROM (
                  SELECT value, arrival, startswith(ltrim(value), '{') AS isJSON,
                    CASE WHEN startswith(ltrim(value), '{') THEN from_json(value, '\(Self.postSchema)') END AS post
                  FROM (\(posts.linesSQL)) WHERE trim(value) <> '')
                WHERE coalesce(post.swiftwater, '') <> 'deletion'
                """
        }

        /// The counts of each key in each window, over the table `posts`: `end`, `key`, `n`, and with evidence
        /// `authors` and `first`. The key '' counts posts.
        var countSQL: String {
            // A stream cannot count distinct values exactly.
            let authors = posts.isArchive ? "count(DISTINCT author)" : "approx_count_distinct(author, 0.017)"
            let evidence = settings.recordsEvidence ? ", \(authors) AS authors, min(time) AS first" : ""
            return """
                SELECT window.end AS end, key, count(*) AS n\(evidence)
                FROM (
                  SELECT time, author,
                    explode(array_union(array(''), coalesce(\(keysSQL), CAST(array() AS ARRAY<STRING>)))) AS key
                  FROM posts WHERE NOT isUnreadable)
                GROUP BY window(time, '\(settings.window.wholeMilliseconds) milliseconds',
                  '\((settings.slide ?? settings.window).wholeMilliseconds) milliseconds'), key
                """
        }

        /// The first rows of each window that ended after a time, over the table `counts`.
        ///
        /// - Parameter last: in microseconds since 1970.
        func topSQL(after last: Int64, by order: TrendingSettings.Order) -> String {
            let evidence =
                settings.recordsEvidence ? "authors, first" : "CAST(NULL AS BIGINT) AS authors, NULL AS first"
            let order = order == .authors ? "authors DESC, n DESC" : "n DESC"
            let limit = settings.limit > 0 ? "WHERE place <= \(settings.limit) OR key = ''" : ""
            return """
                SELECT end, key, n, \(evidence), keys FROM (
                  SELECT *, row_number() OVER (PARTITION BY end ORDER BY key = '', \(order), key) AS place
                  FROM (
                    SELECT *, sum(CASE WHEN key = '' THEN 0 ELSE 1 END) OVER (PARTITION BY end) AS keys
                    FROM counts WHERE unix_micros(end) > \(last))
                  WHERE key = '' OR n >= \(settings.minimumCount))
                \(limit)
                ORDER BY end, place
                """
        }

        /// The keys of a post, as an array.
        private var keysSQL: String {
            switch settings.keys {
            case .hashWords:
                #"transform(filter(split(regexp_replace(text, r'\r(?=\n|\z)', ''), r'[ \n]'), "#
                    + "w -> startswith(w, '#')), w -> lower(w))"
            default:
                "transform(coalesce(filter(tags, t -> t <> ''), \(Self.tagsSQL)), t -> lower(concat('#', t)))"
            }
        }

        /// Letters, marks, digits, underscores and the few more characters of tags, for the inside of brackets.
        private static let tagCharacters =
            #"\p{L}\p{M}\p{Nd}_\x{200C}\x{200D}\x{A67E}\x{05BE}\x{05F3}\x{05F4}\x{FF5E}\x{301C}\x{309B}\x{309C}\x{30A0}"#
            + #"\x{30FB}\x{3003}\x{0F0B}\x{0F0C}\x{00B7}"#
        /// The public rules as a regular expression of Java, without what concerns links.
        private static let tagPattern =
            #"(?:(?<=[\x{FE0E}\x{FE0F}])|(?<![&"# + tagCharacters + #"]))[#\x{FF03}](?![\x{FE0F}\x{20E3}])"#
            + "(?=[" + tagCharacters + #"]*[\p{L}\p{M}])(["# + tagCharacters + #"]++)(?![#\x{FF03}]|://)"#
        /// A tag that the end of a retweet's text cuts off does not count.
        private static let isNotCut = #"(?!\x{2026}(?:[\r\n]|\z))"#
        private static let linkPattern = #"(?i)(?:https?://|(?<![#\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}/)[!-~]*"#

        private static var tagsSQL: String {
            let text = "regexp_replace(text, r'\(linkPattern)', ' ')"
            return
                "CASE WHEN text RLIKE r'^RT @\\w+: ' THEN regexp_extract_all(\(text), r'\(tagPattern)\(isNotCut)', 1) "
                + "ELSE regexp_extract_all(\(text), r'\(tagPattern)', 1) END"
        }
    }
#endif
