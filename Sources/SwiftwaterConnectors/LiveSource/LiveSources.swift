import Foundation
import SwiftwaterCore
import SwiftwaterStreaming

/// The live sources that come with the package.
package enum LiveSources {
    /// What addresses begin with.
    package static let schemes = ["jetstream", "mastodon"]

    /// Whether an address is that of a live source.
    package static func isLive(_ address: String) -> Bool { schemes.contains { address.hasPrefix($0 + ":") } }

    /// Returns the services of an address: several hosts of one service that do not give the same are several.
    ///
    /// - Parameter environment: has tokens.
    /// - Throws: `invalidArgument` if it is not one; `unsupported` without the package's trait `Services`.
    package static func services(
        _ address: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> [any LiveService] {
        #if Services
            switch LiveAddress(address) {
            case let parts? where parts.scheme == "jetstream": return [try JetstreamService(parts)]
            case let parts? where parts.scheme == "mastodon":
                return try MastodonService.services(parts, environment: environment)
            default:
                throw SwiftwaterError(
                    .invalidArgument, "'\(address)' is not the address of a live source",
                    remedy: "it begins with " + schemes.map { $0 + ":" }.joined(separator: ", "))
            }
        #else
            throw SwiftwaterError(
                .unsupported, "'\(address)' needs a program that was built with live sources",
                remedy: "build it with the package's trait Services, which is there by default")
        #endif
    }
}

extension StreamingContext {
    /// Returns a stream of the events of a live service, each a line of JSON as the service sends it.
    ///
    /// The address names the service: `jetstream:` for every public post of Bluesky, which needs no account,
    /// `mastodon://INSTANCE/public` for those that an instance of Mastodon knows; see `docs/LIVE.md`, also for tokens.
    /// A connection that is lost is made again. An event that comes again is known by its key, and counts once. With a
    /// checkpoint, a restart goes on with what the service sent since, as far as it still has it; `sourceStatuses`
    /// tells of gaps.
    ///
    /// - Throws: `invalidArgument` for an address that names no service; `unsupported` without the package's trait
    ///   `Services`.
    public func liveTextStream(_ address: String) throws -> DStream<Text> {
        let services = try LiveSources.services(address)
        #if Services
            return receiverStream(LiveReceiver(services, logger: engine.logger), name: services[0].name)
        #else
            preconditionFailure("\(services.count) services without the trait Services")
        #endif
    }
}
