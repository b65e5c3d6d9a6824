import SwiftwaterCore

/// Divides time into slides.
///
///     slides      |  0  |  1  |  2  |  3  |
///     windows of  [          )
///     two slides        [          )
///                             [          )      each ends with its last slide
///
/// If the window is not a multiple of the interval between tables, a slide is their greatest common divisor, and only
/// every `stride`-th slide ends a window.
struct SlideClock: Sendable {
    /// The length of a slide in milliseconds.
    let step: Int64
    /// The number of slides in a window.
    let length: Int
    /// The number of slides between the ends of two windows.
    let stride: Int
    let lateness: Int64
    /// A time at which a slide begins, in milliseconds since 1970.
    let origin: Int64

    init(_ settings: TrendingSettings, origin: Int64) {
        let (window, interval) = (settings.window.wholeMilliseconds, settings.interval.wholeMilliseconds)
        step = SlideClock.greatestCommonDivisor(window, interval)
        length = Int(window / step)
        stride = Int(interval / step)
        lateness = settings.lateness.wholeMilliseconds
        self.origin = origin
    }

    static func greatestCommonDivisor(_ first: Int64, _ second: Int64) -> Int64 {
        var (a, b) = (max(first, 1), max(second, 1))
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    /// Returns the slide that contains a time.
    func slide(of time: Int64) -> Int {
        let offset = time - origin
        return Int(offset / step - (offset % step < 0 ? 1 : 0))
    }

    /// Returns the time at which a slide begins, in milliseconds since 1970.
    func begin(of slide: Int) -> Int64 { origin + Int64(slide) * step }

    /// Returns the end of a slide, which is also the end of the window it ends.
    func end(of slide: Int) -> Int64 { begin(of: slide + 1) }

    /// Returns the first slide whose window has not ended, if `latest` is the latest time seen.
    func open(at latest: Int64) -> Int { slide(of: latest - lateness) }

    /// Returns the first slide, from `slide` on, that ends a window.
    func ending(from slide: Int) -> Int {
        let rest = (slide + 1) % stride
        return rest == 0 ? slide : slide + (rest < 0 ? -rest : stride - rest)
    }
}
