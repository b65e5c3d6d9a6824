import SwiftwaterCore
import SwiftwaterPlatform

/// How often keys are to be expected: an exponentially weighted mean of each key's share of the posts of a slide, and of its square.
///
/// Shares, not counts, so that the rhythm of a day, which lifts all keys alike, is no burst. A slide without posts says nothing. A key that
/// a slide does not have had a share of 0 there; that is made up for when the key is looked at.
struct Baseline: Sendable {
    struct Entry: Sendable, Equatable {
        /// Of the shares, and of their squares, as of slide `last`.
        var mean = 0.0
        var meanSquare = 0.0
        var last = 0
        /// In milliseconds since 1970.
        var first = Int64.max
        /// The highest score, as it has fallen since, and when.
        var peak = 0.0
        var peakTime: Int64 = 0
    }

    /// So many slides must have gone by before anything is expected.
    static let slidesMin = 3

    private(set) var entries: [Entry] = []
    private(set) var keys: [Text] = []
    private var index = TagTable(capacity: 64)
    /// Of each slide that is taken in, so much is new.
    private let weight: Double

    init(step: Int64, span: Int64) { weight = 1 - exp(-Double(step) / Double(max(span, 1))) }

    var count: Int { keys.count }

    func entry(of key: Text) -> Entry? {
        let number = index[key]
        return number > 0 ? entries[Int(number) - 1] : nil
    }

    private mutating func place(of key: Text) -> Int {
        let known = index[key]
        if known > 0 { return Int(known) - 1 }
        keys.append(key)
        entries.append(Entry())
        index.add(key, Int64(keys.count))
        return keys.count - 1
    }

    /// What is left of a weight after so many more slides.
    private func faded(_ slides: Int) -> Double { slides <= 0 ? 1 : pow(1 - weight, Double(slides)) }

    /// Takes a key's count in the slide that is number `slide` of those with posts, from 1.
    mutating func absorb(_ key: Text, count: Int64, first: Int64, posts: Int, slide: Int) {
        let place = place(of: key)
        let fade = faded(slide - 1 - entries[place].last) * (1 - weight)
        let share = Double(count) / Double(max(posts, 1))
        entries[place].mean = entries[place].mean * fade + weight * share
        entries[place].meanSquare = entries[place].meanSquare * fade + weight * share * share
        entries[place].last = slide
        entries[place].first = min(entries[place].first, first)
    }

    /// Expected count and variance for a window of `slides` slides with so many posts, after slide number `slide`. Nil while there were too
    /// few.
    func expected(_ key: Text, posts: Int, slides: Int, slide: Int) -> (count: Double, variance: Double)? {
        guard slide >= Baseline.slidesMin else { return nil }
        guard let entry = entry(of: key) else { return (0, 0) }
        // The weights of the slides until now add up to less than 1 in the beginning.
        let scale = faded(slide - entry.last) / (1 - faded(slide))
        let (mean, square) = (entry.mean * scale, entry.meanSquare * scale)
        let each = Double(posts) / Double(slides)
        return (mean * Double(posts), max(0, square - mean * mean) * each * each * Double(slides))
    }

    /// The score of now or what is left of the highest one, whichever is more; that is remembered.
    mutating func peak(_ key: Text, _ score: Double, at time: Int64, halfLife: Int64) -> Double {
        guard score > 0 || index[key] > 0 else { return 0 }
        let place = place(of: key)
        let left = entries[place].peak * pow(0.5, Double(time - entries[place].peakTime) / Double(max(halfLife, 1)))
        if score >= left { (entries[place].peak, entries[place].peakTime) = (score, time) }
        return max(score, left)
    }

    /// Gives up keys of which less than one post in so many slides is to be expected, and the rarest above a limit.
    mutating func prune(posts: Int, slide: Int, limit: Int) {
        var kept = (0..<keys.count).filter { number in
            entries[number].peak > 1
                || entries[number].mean * faded(slide - entries[number].last) * Double(max(posts, 1)) > 0.01
        }
        if kept.count > limit {
            kept.sort { left, right in
                let (a, b) = (
                    faded(slide - entries[left].last) * entries[left].mean,
                    faded(slide - entries[right].last) * entries[right].mean
                )
                return a != b ? a > b : keys[left] < keys[right]
            }
            kept = kept.prefix(limit).sorted()
        }
        guard kept.count < keys.count else { return }
        (keys, entries) = (kept.map { keys[$0] }, kept.map { entries[$0] })
        index = TagTable(capacity: 64)
        for (number, key) in keys.enumerated() { index.add(key, Int64(number + 1)) }
    }
}

extension Baseline {
    func encode(to writer: inout ByteWriter) {
        writer.write(count: keys.count)
        for (key, entry) in zip(keys, entries) {
            key.encode(to: &writer)
            for value in [entry.mean, entry.meanSquare, entry.peak] { writer.write(integer: value.bitPattern) }
            entry.last.encode(to: &writer)
            entry.first.encode(to: &writer)
            entry.peakTime.encode(to: &writer)
        }
    }

    mutating func restore(from reader: inout ByteReader) throws {
        (keys, entries, index) = ([], [], TagTable(capacity: 64))
        for _ in 0..<(try reader.readCount()) {
            let place = place(of: try Text.decode(from: &reader))
            func value() throws -> Double { Double(bitPattern: try reader.readInteger(UInt64.self)) }
            entries[place].mean = try value()
            entries[place].meanSquare = try value()
            entries[place].peak = try value()
            entries[place].last = try Int.decode(from: &reader)
            entries[place].first = try Int64.decode(from: &reader)
            entries[place].peakTime = try Int64.decode(from: &reader)
        }
    }
}
