import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// A row of a table of trends. Without `TrendingSettings.recordsEvidence`, the evidence is nil.
public struct TrendingRow: Sendable, Equatable, SelfContained {
    /// A value of the enrichment, and the number of the key's posts with it.
    public struct Group: Sendable, Equatable {
        /// The column of the value, such as `location`.
        public let column: String
        /// The value.
        public let value: Text
        /// The number of posts.
        public let count: Int
    }

    /// The maximum number of values that are listed per column.
    public static let groupsMax = 5

    /// The rank in the table, from 1.
    public var rank = 0
    /// The key, folded, with its sign.
    public let key: Text
    /// The number of posts in the window that have the key; a lower bound if rare keys were evicted.
    public let count: Int
    /// An upper bound on the number of posts; equal to `count` if that is exact.
    public let countUpperBound: Int
    /// The expected count; also nil while there is no baseline.
    public let expected: Double?
    /// The value by which rows are ordered.
    public let score: Double
    /// Behind a reference, so that rows without evidence are small.
    var evidence: Evidence?

    init(key: Text, count: Int, countUpperBound: Int, expected: Double?, score: Double) {
        (self.key, self.count, self.countUpperBound) = (key, count, countUpperBound)
        (self.expected, self.score) = (expected, score)
    }

    /// Creates a row of a cluster, which counts authors but keeps no other evidence.
    package init(rank: Int, key: Text, count: Int, score: Double, authors: Int?, firstSeen: BatchTime?) {
        self.init(key: key, count: count, countUpperBound: count, expected: nil, score: score)
        self.rank = rank
        if authors != nil || firstSeen != nil { evidence = Evidence(authors: authors, firstSeen: firstSeen) }
    }
}

extension TrendingRow {
    /// What is known of a key besides its count.
    final class Evidence: Sendable, Equatable {
        let display: Text?
        let authors: Int?
        let firstSeen: BatchTime?
        let history: [Int]?
        let samples: [Text]?
        let isCopied: Bool?
        let groups: [Group]?

        init(
            display: Text? = nil, authors: Int?, firstSeen: BatchTime?, history: [Int]? = nil, samples: [Text]? = nil,
            isCopied: Bool? = nil, groups: [Group]? = nil
        ) {
            (self.display, self.authors, self.firstSeen) = (display, authors, firstSeen)
            (self.history, self.samples, self.isCopied, self.groups) = (history, samples, isCopied, groups)
        }

        static func == (left: Evidence, right: Evidence) -> Bool {
            left.display == right.display && left.authors == right.authors && left.firstSeen == right.firstSeen
                && left.history == right.history && left.samples == right.samples && left.isCopied == right.isCopied
                && left.groups == right.groups
        }
    }

    /// The most frequent spelling.
    public var display: Text? { evidence?.display }
    /// The number of authors who used the key.
    public var authors: Int? { evidence?.authors }
    /// When the key was first seen, as far back as the state goes.
    public var firstSeen: BatchTime? { evidence?.firstSeen }
    /// The counts of the last slides, newest last.
    public var history: [Int]? { evidence?.history }
    /// The texts of some posts.
    public var samples: [Text]? { evidence?.samples }
    /// Whether most of its posts are copies of a few texts, by several authors.
    public var isCopied: Bool? { evidence?.isCopied }
    /// With an enrichment: the most frequent values of each column, most frequent first.
    public var groups: [Group]? { evidence?.groups }
}

extension TrendingRow: JSONWritable {
    /// Writes the row as an object. Its members do not depend on the settings.
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    /// Writes the members of the row's object, so that the caller can add others.
    package func writeMembers(to json: inout JSONWriter) {
        json.member("rank", rank)
        json.member("key", key)
        json.member("display", display)
        json.member("count", count)
        json.member("countUpperBound", countUpperBound)
        json.member("authors", authors)
        json.member("expected", expected)
        json.member("score", score)
        json.member("firstSeen", firstSeen?.milliseconds)
        json.member("history", history)
        json.member("samples", samples)
        json.member("copied", isCopied)
        json.name("groups")
        if let groups { TrendingRow.write(groups, to: &json) } else { json.null() }
    }

    /// Writes groups such as `{"location":{"Wien":4,"Graz":1}}`.
    private static func write(_ groups: [Group], to json: inout JSONWriter) {
        json.object { json in
            for (column, values) in Dictionary(grouping: groups, by: \.column).sorted(by: { $0.key < $1.key }) {
                json.member(
                    column,
                    object: { json in
                        for group in values { json.member(String(group.value), group.count) }
                    })
            }
        }
    }
}

extension TrendingRow {
    /// The columns of trends in a sink. They do not depend on the settings.
    public static let sinkColumns = [
        "window_end", "rank", "key", "display", "count", "count_upper_bound", "authors", "score", "expected",
        "first_seen", "copied", "groups", "late",
    ]

    /// The row's values in a sink, in the order of `sinkColumns`. Times are milliseconds since 1970.
    ///
    /// - Parameter table: the table of the row.
    public func sinkValues(of table: TrendingTable) -> [SinkValue] {
        var groupsJSON = JSONWriter()
        if let groups { TrendingRow.write(groups, to: &groupsJSON) }
        return [
            .integer(table.end.milliseconds), .integer(rank), .text(key), display.map { .text($0) } ?? .null,
            .integer(count), .integer(countUpperBound), authors.map { .integer($0) } ?? .null, .real(score),
            expected.map { .real($0) } ?? .null, firstSeen.map { .integer($0.milliseconds) } ?? .null,
            isCopied.map { .integer($0 ? 1 : 0) } ?? .null, groups == nil ? .null : .text(Text(groupsJSON.text)),
            .integer(table.late),
        ]
    }
}
