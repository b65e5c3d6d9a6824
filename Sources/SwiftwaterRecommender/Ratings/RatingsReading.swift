/// The ratings of a file, and what was noticed while it was read.
public struct RatingsReading: Sendable {
    /// The ratings.
    public var ratings: Ratings
    /// Rows, malformed rows and duplicates.
    public var report: RatingsReport
}
