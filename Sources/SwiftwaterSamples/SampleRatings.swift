import SwiftwaterRecommender

/// Generated ratings.
public struct SampleRatings: Sendable {
    /// The ratings.
    public let ratings: Ratings
    /// What is known of them, such as the RMSE that a perfect model would reach.
    public let report: RatingsGenerator.Report
    /// Titles and genres of the films.
    public let catalogue: Catalogue
}
