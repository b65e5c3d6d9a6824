import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterStreaming
import SwiftwaterTrends

/// The trends of a list of lines, computed as plainly as possible: every window is counted from all posts.
struct NaiveTrending {
    struct Row: Equatable {
        var key: String
        var count: Int
        var authors: Int
        var display: String
        var first: Int64
    }

    struct Table: Equatable {
        var end: Int64
        var posts: Int
        var rows: [Row]
    }

    private struct Seen {
        let time: Int64
        let id: String?
        let author: String?
        let keys: [(key: String, spelling: String)]
    }

    let settings: TrendingSettings

    /// Computes all tables at once, with event time: a window ends when the latest time has passed it by the lateness,
    /// or at the end.
    func tables(_ lines: [String], batchTime: Int64) -> (tables: [Table], late: Int) {
        let step = settings.slide!.wholeMilliseconds
        let lateness = settings.lateness.wholeMilliseconds
        var times: [Int64] = []
        var latest: Int64 { times.count > settings.outliers ? times[settings.outliers] : .min }
        var ids: Set<[String]> = []
        var posts: [Seen] = []
        var deletions: [(id: String, time: Int64)] = []
        var late = 0
        for line in lines {
            guard let parsed = try? PostParser().parse(Text(line)).first else { continue }
            switch parsed {
            case .control: continue
            case .deletion(let id): deletions.append((id, latest))
            case .post(let post):
                guard let time = post.createdAt.flatMap(Self.time), time < batchTime + 300_000 else { continue }
                if let id = post.id, settings.rememberedIDs > 0, !ids.insert([id, post.authorID ?? ""]).inserted {
                    continue
                }
                let end = Int64((Double(time) / Double(step)).rounded(.down) + 1) * step
                if latest != .min, end + lateness <= latest {
                    late += 1
                    continue
                }
                times.insert(time, at: times.firstIndex { $0 < time } ?? times.count)
                posts.append(Seen(time: time, id: post.id, author: post.authorID, keys: keys(post)))
            }
        }
        var tables: [Table] = []
        let slides = Set(posts.map { Int64((Double($0.time) / Double(step)).rounded(.down)) })
        let length = settings.window.wholeMilliseconds / step
        for slide in Set(slides.flatMap { slide in (0..<length).map { slide + $0 } }).sorted() {
            let end = (slide + 1) * step
            let gone = Set(deletions.filter { $0.time < end + lateness }.map(\.id))
            let inWindow = posts.filter { $0.time >= end - length * step && $0.time < end }
            guard !inWindow.isEmpty else { continue }
            tables.append(table(end, inWindow, gone))
        }
        return (tables, late)
    }

    private func table(_ end: Int64, _ posts: [Seen], _ gone: Set<String>) -> Table {
        var rows: [String: Row] = [:]
        var authors: [String: Set<String>] = [:]
        var spellings: [String: [String: Int]] = [:]
        for post in posts {
            let isGone = post.id.map(gone.contains) ?? false
            for (key, spelling) in post.keys {
                // Spellings and the first time include deleted posts.
                spellings[key, default: [:]][spelling, default: 0] += 1
                var row = rows[key] ?? Row(key: key, count: 0, authors: 0, display: "", first: .max)
                row.first = min(row.first, post.time)
                if !isGone {
                    row.count += 1
                    if let author = post.author { authors[key, default: []].insert(author) }
                }
                rows[key] = row
            }
        }
        for key in rows.keys {
            rows[key]!.authors = authors[key]?.count ?? 0
            rows[key]!.display =
                spellings[key]!.min {
                    $0.value != $1.value ? $0.value > $1.value : Text($0.key) < Text($1.key)
                }!.key
            if settings.countsAuthorsOnce { rows[key]!.count = rows[key]!.authors }
        }
        let ranked = rows.values.filter { $0.count >= settings.minimumCount }.filter {
            settings.order != .authors || $0.authors > 0
        }.sorted { left, right in
            let (a, b) = settings.order == .authors ? (left.authors, right.authors) : (left.count, right.count)
            if a != b { return a > b }
            return left.count != right.count ? left.count > right.count : Text(left.key) < Text(right.key)
        }
        return Table(end: end, posts: posts.count, rows: Array(ranked.prefix(settings.limit)))
    }

    private func keys(_ post: Post) -> [(key: String, spelling: String)] {
        let tags: [String]
        switch settings.keys {
        case .hashtags:
            tags =
                post.hashtags.map { $0.filter { !$0.isEmpty }.map { "#" + $0 } }
                ?? HashtagExtractor().hashtags(in: Text(post.text)).map { "#" + String($0) }
        case .hashWords:
            tags = Text(post.text).split(separator: " ").map { String($0) }.filter { $0.hasPrefix("#") }
        default: tags = []
        }
        var seen: Set<Text> = []
        return tags.compactMap { tag in
            let text = Text(tag)
            let key = settings.keys == .hashWords ? text.lowercased() : text.caseFolded()
            return seen.insert(key).inserted ? (String(key), tag) : nil
        }
    }

    private static func time(_ text: String) -> Int64? {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return (try? format.parse(text)).map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
    }
}
