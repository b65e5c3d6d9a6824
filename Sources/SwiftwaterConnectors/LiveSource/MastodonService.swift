import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// The public posts that one instance of Mastodon knows, as server-sent events. It begins with what is new: what was
/// posted while nobody was connected does not come.
package struct MastodonService: LiveService {
    /// The longest event, in bytes.
    static let eventMaxBytes = 1 << 20

    package let host: String
    package let port: Int
    package let isSecure: Bool
    /// The path of the stream, with its query.
    package let target: String
    package let token: Secret?
    package var policy: LinkPolicy

    package init(
        host: String, port: Int = 443, isSecure: Bool = true, target: String, token: Secret? = nil,
        policy: LinkPolicy = .usual
    ) {
        (self.host, self.port, self.isSecure, self.target) = (host, port, isSecure, target)
        (self.token, self.policy) = (token, policy)
    }

    package var name: String { "mastodon" }
    package var hosts: [String] { [host + (port == (isSecure ? 443 : 80) ? "" : ":\(port)")] }
    package var replayed: UInt64 { 0 }
    package var resumes: Bool { false }
    package var access: String {
        "most instances want the token of an account, with read:statuses, in MASTODON_TOKEN; see docs/LIVE.md"
    }
    /// Other instances learn of a post within minutes, as a rule.
    package var keySpan: UInt64 { 600_000_000 }

    package func request(host: Int, after position: UInt64?) -> LiveRequest {
        var headers = [LiveRequest.Header(name: "Accept", value: Secret("text/event-stream"))]
        if let token {
            headers.append(LiveRequest.Header(name: "Authorization", value: Secret("Bearer " + token.text)))
        }
        return LiveRequest(
            .stream, host: self.host, port: port, isSecure: isSecure, target: target, headers: headers)
    }

    package func makeReader() -> any LiveReader { MastodonReader(host: host) }
}

/// Makes lines of Mastodon's events: `{"event":NAME,"payload":STATUS}`, as its WebSocket has them.
struct MastodonReader: LiveReader {
    private let host: String
    private var events = ServerSentEvents(eventMaxBytes: MastodonService.eventMaxBytes)

    init(host: String) { self.host = host }

    mutating func take(_ bytes: UnsafeRawBufferPointer, into intake: inout LiveIntake) {
        let host = host
        events.take(bytes) { item in
            switch item {
            case .tooLong(let count):
                intake.reject(
                    SwiftwaterError(
                        .limitExceeded, "an event of more than \(count) bytes", remedy: "such events are left out"))
            case .event(let name, let data):
                do { try MastodonReader.add(name, data, of: host, to: &intake) } catch {
                    intake.reject(error as? SwiftwaterError ?? SwiftwaterError(.malformedInput, "\(error)"))
                }
            }
        }
    }

    private static func add(
        _ name: String, _ data: UnsafeRawBufferPointer, of host: String, to intake: inout LiveIntake
    ) throws {
        let json: String
        let key: UInt64
        var time: Int64?
        switch name {
        case "update", "status.update":
            let status = try data.withMemoryRebound(to: UInt8.self) { try JSONValue(parsing: $0) }
            // The same on all instances, and another for each edit.
            guard let uri = status["uri"]?.string else {
                throw SwiftwaterError(
                    .malformedInput, "the event '\(name)' has no status with a uri",
                    remedy: "check what is at the other end")
            }
            let edited = status["edited_at"]?.string
            key = hash([name == "update" ? "status" : name, uri, edited ?? ""])
            time = (edited ?? status["created_at"]?.string).flatMap { Timestamp.milliseconds($0) }
            json = String(decoding: data, as: UTF8.self)
        case "delete":
            let id = String(decoding: data.prefix(100), as: UTF8.self)
            key = hash([name, host, id])
            json = JSONWriter.string(id)
        default: return
        }
        let line = "{\"event\":\"\(name)\",\"payload\":\(json)}"
        let now = intake.now
        Array(line.utf8).withUnsafeBytes {
            intake.add($0, key: key, time: time.map { UInt64(max(0, $0)) * 1000 } ?? now, position: now)
        }
    }

    private static func hash(_ parts: [String]) -> UInt64 {
        var hasher = StableHasher()
        for part in parts { Array(part.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
        return hasher.finalize()
    }
}
