import SwiftwaterCore

/// How a live source is doing, for those who watch a stream.
public struct SourceStatus: Sendable, Equatable {
    /// Whether a source is connected.
    public enum Link: String, Sendable {
        /// It connects, for the first time or again.
        case connecting
        /// It is connected.
        case connected
        /// It lost the connection, or did not get one, and waits before it tries again.
        case waiting
        /// It gave up.
        case ended
    }

    /// Whether the source is connected.
    public var link: Link
    /// Since when, as the time since 1970.
    public var since: Duration
    /// Where it connects to, such as a host.
    public var place: String
    /// Why it is not connected, or was not the last time.
    public var reason: String?
    /// The number of lines it received since the start.
    public var lines = 0
    /// The number of lines that came again, and were left out.
    public var repeated = 0
    /// The number of messages that could not be read.
    public var malformed = 0
    /// The lines received in a second, over the last ten seconds.
    public var linesPerSecond: Double = 0
    /// How far the newest line was behind this machine's clock when it came; nil before the first. Less than zero if
    /// the clocks differ.
    public var delay: Duration?
    /// The number of lines that the service has and that were not read yet; nil from one that does not say.
    public var behind: Int?
    /// The number of gaps: times for which the service did not send what it had.
    public var gaps = 0
    /// The length of all gaps.
    public var gapTime: Duration = .zero
    /// The last gap's length and when it was found, as the time since 1970.
    public var lastGap: Gap?

    /// A time for which a service did not send what it had.
    public struct Gap: Sendable, Equatable {
        /// Its length.
        public var length: Duration
        /// When it was found, as the time since 1970.
        public var found: Duration

        /// Creates a gap.
        public init(length: Duration, found: Duration) { (self.length, self.found) = (length, found) }
    }

    /// Creates the status of a source that received nothing yet.
    public init(_ link: Link, since: Duration, place: String, reason: String? = nil) {
        (self.link, self.since, self.place, self.reason) = (link, since, place, reason)
    }
}

extension StreamingContext {
    /// How the context's live sources are doing, in the order in which they were added. Sources that do not know are
    /// left out.
    public var sourceStatuses: [(name: String, status: SourceStatus)] {
        graph.sources.compactMap { source in
            source.input.status.map { (source.step.label?.name ?? source.step.displayName, $0) }
        }
    }
}
