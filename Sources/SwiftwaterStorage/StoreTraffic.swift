import SwiftwaterCore

/// Counts what goes to a store and comes from it, for metrics and progress.
public final class StoreTraffic: Sendable {
    /// The counts since the start.
    public struct Counts: Sendable, Equatable {
        /// The requests that were sent, with those sent again.
        public var requests = 0
        /// The requests that were sent again.
        public var retries = 0
        /// The bytes of bodies that were received.
        public var receivedBytes = 0
        /// The bytes of bodies that were sent.
        public var sentBytes = 0
        /// The streams that wait now because the store fails.
        public var waitingStreams = 0

        /// Creates counts that are zero.
        public init() {}
    }

    private let state = Monitor(Counts())

    /// Creates counters that are zero.
    public init() {}

    /// The counts now.
    public var counts: Counts { state.read { $0 } }

    package func count(sent: Int, received: Int, isRetry: Bool) {
        state.update {
            $0.requests += 1
            $0.retries += isRetry ? 1 : 0
            $0.sentBytes += sent
            $0.receivedBytes += received
        }
    }

    package func stream(isWaiting: Bool) { state.update { $0.waitingStreams += isWaiting ? 1 : -1 } }
}
