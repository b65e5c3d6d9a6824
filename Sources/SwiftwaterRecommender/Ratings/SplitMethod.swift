import SwiftwaterCore

/// A method of splitting rows into training, validation and test data.
public enum SplitMethod: String, Sendable, CaseIterable {
    /// Each row at random, independently.
    case random
    /// Each user's rows at random, as close to the weights as whole rows allow. A user with enough rows is in every
    /// part.
    case user
    /// By time: the oldest rows go to the first part, the newest to the last.
    case time
}
