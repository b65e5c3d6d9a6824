import Foundation
import Logging
import SwiftwaterCore
import SwiftwaterStreaming

/// The live sources that come with the package.
package enum LiveSources {
    /// What addresses begin with.
    package static let schemes = ["jetstream", "mastodon", "x"]

    /// Whether an address is that of a live source.
    package static func isLive(_ address: String) -> Bool { schemes.contains { address.hasPrefix($0 + ":") } }

    /// Returns an address with what is wanted as rules, for a service that has some.
    ///
    /// - Parameters:
    ///   - words: words or phrases.
    ///   - rules: in the service's own language.
    package static func address(_ address: String, tracking words: [String], rules: [String]) -> String {
        guard address.hasPrefix("x:") else { return address }
        let parameters =
            words.map { "track=" + PercentEncoding.encoded($0) } + rules.map { "rule=" + PercentEncoding.encoded($0) }
        guard !parameters.isEmpty else { return address }
        return address + (address.contains("?") ? "&" : "?") + parameters.joined(separator: "&")
    }

    /// Returns the services of an address: several hosts of one service that do not give the same are several.
    ///
    /// - Parameters:
    ///   - environment: has tokens.
    ///   - notice: receives what a user should know.
    /// - Throws: `invalidArgument` if it is not one; `unsupported` without the package's trait `Services`.
    package static func services(
        _ address: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> [any LiveService] {
        #if Services
            switch ServiceAddress(address) {
            case let parts? where parts.scheme == "jetstream": return [try JetstreamService(parts)]
            case let parts? where parts.scheme == "mastodon":
                return try MastodonService.services(parts, environment: environment)
            case let parts? where parts.scheme == "x":
                return [try XService(address, environment: environment, notice: notice)]
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

#if Services
    extension LiveSources {
        /// Returns the rules of the account of X that the environment has a token of.
        ///
        /// - Throws: `invalidArgument` if the address is not that of X; `denied` without a token.
        package static func rules(
            _ address: String, environment: [String: String] = ProcessInfo.processInfo.environment
        ) throws -> XRules {
            guard let service = try services(address, environment: environment).first as? XService else {
                throw SwiftwaterError(
                    .invalidArgument, "'\(address)' has no rules: only X has",
                    remedy: "leave the address out, or write x:")
            }
            return service.rules
        }
    }
#endif

extension StreamingContext {
    /// Returns a stream of the events of a live service, each a line of JSON as the service sends it.
    ///
    /// The address names the service: `jetstream:` for every public post of Bluesky, which needs no account,
    /// `mastodon://INSTANCE/public` for those that an instance of Mastodon knows, and `x:?track=WORD` for those of X
    /// with a word; see `docs/LIVE.md`, also for tokens. A connection that is lost is made again. An event that comes
    /// again is known by its key, and counts once. With a checkpoint, a restart goes on with what the service sent
    /// since, as far as it still has it; `sourceStatuses` tells of gaps.
    ///
    /// - Throws: `invalidArgument` for an address that names no service; `unsupported` without the package's trait
    ///   `Services`.
    public func liveTextStream(_ address: String) throws -> DStream<Text> {
        let logger = engine.logger
        let services = try LiveSources.services(address) { logger.warning("\($0)") }
        #if Services
            return receiverStream(LiveReceiver(services, logger: logger), name: services[0].name)
        #else
            preconditionFailure("\(services.count) services without the trait Services")
        #endif
    }
}
