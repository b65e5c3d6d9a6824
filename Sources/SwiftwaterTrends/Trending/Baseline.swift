import SwiftwaterCore
import SwiftwaterPlatform

/// The expected rate of keys: an exponentially weighted mean of each key's share of the posts of a slide, and of the
/// square of that share.
///
/// Shares rather than counts, so that the rhythm of a day, which lifts all keys alike, is not taken for a burst. A
/// slide without posts has no effect. A key that is absent from a slide had a share of 0 there, which is accounted for
/// when the key is next used.
struct Baseline: Sendable {
    struct Entry: Sendable, Equatable {
        /// The mean of the shares, and of their squares, as of slide `last`.
        var mean = 0.0
        var meanSquare = 0.0
        var last = 0
        /// When the key was first seen, in milliseconds since 1970.
        var first = Int64.max
        /// The highest score, which decays from `peakTime` on (milliseconds since 1970).
        var peak = 0.0
        var peakTime: Int64 = 0
    }

    /// The warm-up: the number of slides before there is an expected count.
    static let slidesMin = 3

    private(set) var entries: [Entry] = []
    private(set) var keys: [Text] = []
    private var index = TagTable(capacity: 64)
    /// The weight of a new slide in the mean.
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
        keys.append(key.detached())
        entries.append(Entry())
        index.add(key, Int64(keys.count))
        return keys.count - 1
    }

    /// Returns the part of a weight that remains after this many more slides.
    private func faded(_ slides: Int) -> Double { slides <= 0 ? 1 : pow(1 - weight, Double(slides)) }

    /// Adds a key's count in a slide. `slide` is its number among the slides with posts, from 1.
    mutating func absorb(_ key: Text, count: Int64, first: Int64, posts: Int, slide: Int) {
        let place = place(of: key)
        let fade = faded(slide - 1 - entries[place].last) * (1 - weight)
        let share = Double(count) / Double(max(posts, 1))
        entries[place].mean = entries[place].mean * fade + weight * share
        entries[place].meanSquare = entries[place].meanSquare * fade + weight * share * share
        entries[place].last = slide
        entries[place].first = min(entries[place].first, first)
    }

    /// Returns the expected count and variance for a window of `slides` slides with `posts` posts, after slide number
    /// `slide`. nil during the warm-up.
    func expected(_ key: Text, posts: Int, slides: Int, slide: Int) -> (count: Double, variance: Double)? {
        guard slide >= Baseline.slidesMin else { return nil }
        guard let entry = entry(of: key) else { return (0, 0) }
        // At the start, the weights of the slides add up to less than 1.
        let scale = faded(slide - entry.last) / (1 - faded(slide))
        let (mean, square) = (entry.mean * scale, entry.meanSquare * scale)
        let each = Double(posts) / Double(slides)
        return (mean * Double(posts), max(0, square - mean * mean) * each * each * Double(slides))
    }

    /// Returns the current score or the decayed peak, whichever is higher, and remembers it.
    mutating func peak(_ key: Text, _ score: Double, at time: Int64, halfLife: Int64) -> Double {
        guard score > 0 || index[key] > 0 else { return 0 }
        let place = place(of: key)
        let left = entries[place].peak * pow(0.5, Double(time - entries[place].peakTime) / Double(max(halfLife, 1)))
        if score >= left { (entries[place].peak, entries[place].peakTime) = (score, time) }
        return max(score, left)
    }

    /// Evicts keys with less than one expected post in 100 slides and no peak above 1, and the rarest keys above a
    /// limit.
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
