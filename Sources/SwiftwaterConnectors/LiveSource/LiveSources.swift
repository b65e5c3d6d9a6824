import Logging
import SwiftwaterCore
import SwiftwaterStreaming

/// The live sources that come with the package.
package enum LiveSources {
    /// What addresses begin with.
    package static let schemes = ["jetstream"]

    /// Whether an address is that of a live source.
    package static func isLive(_ address: String) -> Bool { schemes.contains { address.hasPrefix($0 + ":") } }

    /// Returns the service of an address.
    ///
    /// - Throws: `invalidArgument` if it is not one; `unsupported` without the package's trait `Services`.
    package static func service(_ address: String) throws -> any LiveService {
        #if Services
            switch LiveAddress(address) {
            case let parts? where parts.scheme == "jetstream": return try JetstreamService(parts)
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
    /// The address names the service: `jetstream:` for every public post of Bluesky, which needs no account, or
    /// `jetstream://HOST[:PORT]` for a server of your own; see `docs/LIVE.md`. A connection that is lost is made again.
    /// An event that comes again is known by its key, and counts once. With a checkpoint, a restart goes on with what
    /// the service sent since, as far as it still has it; `sourceStatuses` tells of gaps.
    ///
    /// - Throws: `invalidArgument` for an address that names no service; `unsupported` without the package's trait
    ///   `Services`.
    public func liveTextStream(_ address: String) throws -> DStream<Text> {
        let service = try LiveSources.service(address)
        #if Services
            return receiverStream(LiveReceiver(service, logger: engine.logger), name: service.name)
        #else
            preconditionFailure("\(service.name) without the trait Services")
        #endif
    }
}
