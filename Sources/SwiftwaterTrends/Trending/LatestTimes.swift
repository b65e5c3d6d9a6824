import SwiftwaterCore

/// The latest times of posts, latest first, of which the last is the time that a stream has certainly reached: the
/// others may be of clocks that are ahead.
///
///     outliers = 2     12:00  12:01  12:02  18:30           12:01 is reached
///                      times: 18:30, 12:02, 12:01
struct LatestTimes: Sendable, Equatable {
    /// The number of times that are kept: one more than that of outliers.
    let capacity: Int
    private(set) var times: [Int64] = []

    init(outliers: Int) { capacity = outliers + 1 }

    /// The time that at least `capacity` posts have reached; `Int64.min` if there are fewer posts.
    var reached: Int64 { times.count == capacity ? times[capacity - 1] : .min }

    /// Returns how many of the times are at least `time`.
    @inline(__always)
    func count(from time: Int64) -> Int {
        var count = 0
        while count < times.count, times[count] >= time { count += 1 }
        return count
    }

    /// Adds a time.
    ///
    /// - Returns: its place, or nil if it is not among the latest.
    @inline(__always)
    mutating func insert(_ time: Int64) -> Int? {
        if times.count == capacity, time <= times[capacity - 1] { return nil }
        let place = count(from: time)
        times.insert(time, at: place)
        if times.count > capacity { times.removeLast() }
        return place
    }

    mutating func formUnion(_ other: LatestTimes) { for time in other.times { _ = insert(time) } }
}

/// The windows that are the next to end at each of the `LatestTimes`, which tell the one that is the next to end when a
/// post comes, also together with the times of earlier posts.
struct OpenWindows: Sendable, Equatable {
    /// Descending, as the times are.
    private(set) var slides: [Int] = []

    /// Adds the window of a time that was inserted.
    ///
    /// - Returns: whether anything changed.
    mutating func insert(_ slide: Int, at place: Int, capacity: Int) -> Bool {
        // The window of the last time is at least as early, so that all from here on are the same.
        if slides.count == capacity, slides[capacity - 1] == slide { return false }
        slides.insert(slide, at: place)
        if slides.count > capacity { slides.removeLast() }
        return true
    }

    /// Returns the window that is the next to end after the posts of both; `Int.min` if nothing is reached.
    func next(with earlier: OpenWindows, capacity: Int) -> Int {
        var (mine, others) = (0, 0)
        var last = Int.min
        for _ in 0..<capacity {
            let (a, b) = (
                mine < slides.count ? slides[mine] : Int.min,
                others < earlier.slides.count ? earlier.slides[others] : .min
            )
            if mine == slides.count, others == earlier.slides.count { return .min }
            last = max(a, b)
            if mine < slides.count, a >= b { mine += 1 } else { others += 1 }
        }
        return last
    }
}
