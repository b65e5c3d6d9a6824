import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterStreaming

/// Bluesky's Jetstream: every public post of the network as JSON over a WebSocket, without an account.
///
/// A client names the time from which on it wants events, and gets them again from the server's buffer, which holds a
/// day or so. It asks for a few seconds more than it needs, because servers differ by some, and knows by their keys
/// what it has already.
package struct JetstreamService: LiveService {
    /// The public servers.
    package static let publicHosts = [
        "jetstream2.us-east.bsky.network", "jetstream1.us-east.bsky.network", "jetstream2.us-west.bsky.network",
        "jetstream1.us-west.bsky.network",
    ]
    /// How far before its position a client asks for events, in microseconds.
    package static let overlap: UInt64 = 5_000_000

    package var servers: [LiveServerAddress]
    /// The collections of records that are wanted.
    package var collections: [String]
    /// The authors that are wanted; all if empty.
    package var authors: [String]
    /// The longest message that the server may send, in bytes.
    package var messageMaxBytes: Int
    package var policy: LinkPolicy

    package init(
        servers: [LiveServerAddress] = publicHosts.map { LiveServerAddress(host: $0, port: 443, isSecure: true) },
        collections: [String] = ["app.bsky.feed.post"], authors: [String] = [], messageMaxBytes: Int = 1 << 20,
        policy: LinkPolicy = .usual
    ) {
        (self.servers, self.collections, self.authors) = (servers, collections, authors)
        (self.messageMaxBytes, self.policy) = (messageMaxBytes, policy)
    }

    package var name: String { "jetstream" }
    package var hosts: [String] { servers.map(\.label) }
    package var replayed: UInt64 { JetstreamService.overlap }
    package var access: String { "ask those who run the server" }
    /// Servers give an event times that differ by seconds, so more than the overlap.
    package var keySpan: UInt64 { 6 * JetstreamService.overlap }

    package func request(host: Int, after position: UInt64?) -> LiveRequest {
        var query = collections.map { "wantedCollections=" + PercentEncoding.encoded($0) }
        query += authors.map { "wantedDids=" + PercentEncoding.encoded($0) }
        query.append("maxMessageSizeBytes=\(messageMaxBytes)")
        if let position, position > JetstreamService.overlap {
            query.append("cursor=\(position - JetstreamService.overlap)")
        }
        let server = servers[host]
        return LiveRequest(
            .webSocket, host: server.host, port: server.port, isSecure: server.isSecure,
            target: "/subscribe?" + query.joined(separator: "&"))
    }

    package func makeReader() -> any LiveReader { JetstreamReader(messageMaxBytes: messageMaxBytes) }
}

/// Reads Jetstream's messages, each an event.
struct JetstreamReader: LiveReader {
    let messageMaxBytes: Int

    mutating func take(_ bytes: UnsafeRawBufferPointer, into intake: inout LiveIntake) {
        // Other servers may not know the limit.
        guard bytes.count <= messageMaxBytes else {
            return intake.reject(
                SwiftwaterError(
                    .limitExceeded, "a message of \(bytes.count) bytes, more than \(messageMaxBytes)",
                    remedy: "raise the limit on lines to keep it"))
        }
        bytes.withMemoryRebound(to: UInt8.self) { line in
            do {
                let event = try JetstreamEvent(parsing: line)
                intake.add(bytes, key: event.identity, time: UInt64(event.time))
            } catch {
                intake.reject(error as? SwiftwaterError ?? SwiftwaterError(.malformedInput, "\(error)"))
            }
        }
    }
}
