import SwiftwaterCore
import SwiftwaterStreaming

/// A service that sends posts over one long connection: where it is, what it is asked, and what its answers mean. It
/// holds no connection itself.
package protocol LiveService: Sendable {
    /// The name for messages, such as `jetstream`.
    var name: String { get }
    /// The hosts that give the same, the preferred one first. At least one.
    var hosts: [String] { get }
    /// When to connect again.
    var policy: LinkPolicy { get }
    /// How long a line's key is known, in microseconds of the service's time: at least as far as `request` goes back.
    var keySpan: UInt64 { get }
    /// How far before the position of a client that comes back the service begins, in microseconds; 0 if it begins with
    /// what is new.
    var replayed: UInt64 { get }
    /// Whether the service goes on from a position; true by default. If not, what was posted while nobody was connected
    /// does not come.
    var resumes: Bool { get }
    /// For how long before a new connection a service that does not go on sends again.
    var backfill: Duration { get }
    /// Is called once before the first connection; may ask the service for something, and wait.
    ///
    /// - Throws: why there can be no connection.
    func prepare() throws
    /// Is called once after the last connection.
    func finish()
    /// Returns what to ask a host.
    ///
    /// - Parameter position: the position after the last line that was stored; nil at the first start.
    /// - Throws: what a user must mend, such as a token that is missing.
    func request(host: Int, after position: UInt64?) throws -> LiveRequest
    /// Returns a reader for a new connection.
    func makeReader() -> any LiveReader
    /// What to do about a service that refuses access.
    var access: String { get }
}

extension LiveService {
    package var resumes: Bool { true }
    package var backfill: Duration { .zero }
    package func prepare() throws {}
    package func finish() {}

    /// Returns how much the service left out before the first event, or nil if it left out nothing.
    ///
    /// - Parameters:
    ///   - position: the position before the connection.
    ///   - first: the time of the first event that came over it.
    ///   - repeated: the number of events among the first ones that were known.
    func gap(from position: UInt64, to first: UInt64, repeated: Int) -> Duration? {
        // A service that sends again what it sent before has kept everything since.
        guard repeated == 0, first > position + replayed else { return nil }
        return .microseconds(Int64(clamping: first - position))
    }

    /// What an answer other than the stream means.
    func failure(status: Int, host: String, words: String, retryAfter: Duration?) -> LinkFailure {
        .answer(status: status, host: host, words: words, retryAfter: retryAfter, access: access)
    }
}
