import SwiftwaterCore

extension JetstreamService {
    /// The most collections and authors that a server takes.
    private static let (collectionsMax, authorsMax) = (100, 10_000)

    /// Reads an address: `jetstream:` for the public servers, `jetstream://HOST[:PORT][,HOST...]` for others, and
    /// `jetstream:ws://HOST:PORT` for one without TLS.
    ///
    /// - Throws: `invalidArgument`, with what is wrong.
    init(_ address: ServiceAddress) throws {
        let remedy = "write jetstream: or jetstream://HOST[:PORT]"
        self.init()
        var (rest, isSecure) = (Substring(address.rest), true)
        if !address.hasSlashes {
            if rest.hasPrefix("ws://") {
                (rest, isSecure) = (rest.dropFirst(5), false)
            } else if rest.hasPrefix("wss://") {
                rest = rest.dropFirst(6)
            } else if !rest.isEmpty {
                throw address.problem("is not the address of a server", remedy)
            }
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.hasSuffix("/subscribe") { rest = rest.dropLast("/subscribe".count) }
        if !rest.isEmpty {
            servers = try rest.split(separator: ",", omittingEmptySubsequences: false).map { server in
                let (host, port) = try address.server(server, port: isSecure ? 443 : 80)
                return LiveServerAddress(host: host, port: port, isSecure: isSecure)
            }
        } else if address.hasSlashes || !isSecure {
            throw address.problem("names no server", remedy)
        }
        try read(address)
    }

    private mutating func read(_ address: ServiceAddress) throws {
        var wanted: [String] = []
        for (name, value) in address.parameters {
            guard !value.isEmpty else {
                throw address.problem("has no value for \(name)", "write \(name)=VALUE, or leave it out")
            }
            switch name {
            case "wantedCollections": wanted.append(value)
            case "wantedDids":
                guard value.hasPrefix("did:") else {
                    throw address.problem(
                        "has an author that is not a DID", "write wantedDids=did:plc:..., as their profiles resolve to")
                }
                authors.append(value)
            default:
                throw address.problem(
                    "has the parameter \(name), which is not known",
                    "the parameters are wantedCollections and wantedDids")
            }
        }
        if !wanted.isEmpty { collections = wanted }
        guard collections.count <= JetstreamService.collectionsMax, authors.count <= JetstreamService.authorsMax else {
            throw address.problem(
                "wants \(collections.count) collections and \(authors.count) authors",
                "servers take \(JetstreamService.collectionsMax) and \(JetstreamService.authorsMax); leave out wantedDids for all"
            )
        }
    }
}
