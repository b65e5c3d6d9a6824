import Logging
import SwiftwaterCore
import SwiftwaterStreaming

/// The lines of a live source for a program without a stream. They are not kept: those that nobody took are lost when
/// the process ends.
package final class LiveFeed: Sendable {
    private let queue: LiveQueue
    private let links: [LiveLink]
    private let services: [any LiveService]

    /// Creates a feed of the service of an address. `start` connects.
    ///
    /// - Throws: `invalidArgument` for an address of none; `unsupported` without the package's trait `Services`.
    package init(_ address: String, logger: Logger?) throws {
        let services = try LiveSources.services(address) { logger?.warning("\($0)") }
        self.services = services
        #if Services
            for service in services { try service.prepare() }
            let queue = LiveQueue(keySpan: services.map(\.keySpan).max() ?? 0)
            self.queue = queue
            links = services.map { service in
                LiveLink(service, into: queue, over: NIOLiveTransport(for: service), logger: logger)
            }
        #else
            preconditionFailure("\(services.count) services without the trait Services")
        #endif
    }

    /// Connects.
    package func start() { for link in links { link.start() } }

    /// Waits for lines, and returns all that are there, each with its LF; nil after `stop`.
    ///
    /// - Throws: why the service sends none.
    package func next() throws -> [UInt8]? { try queue.next() }

    /// How the source is doing.
    package var status: SourceStatus? { SourceStatus(merging: links.map(\.status)) }

    /// Ends the connection. `next` returns what came before.
    package func stop() {
        for link in links { link.stop() }
        for service in services { service.finish() }
        queue.close()
    }
}
