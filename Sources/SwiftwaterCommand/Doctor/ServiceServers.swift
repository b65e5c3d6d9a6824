import Swiftwater
import SwiftwaterConnectors

/// The servers that the address of a service names.
struct ServiceServers {
    let places: [(host: String, port: Int)]
    /// Whether this machine listens there.
    let listens: Bool
    /// The client library that the service needs.
    let library: ClientLibrary?

    /// The ports that are meant where an address has none.
    private static let ports = [
        "kafka": 9092, "mongodb": 27017, "postgresql": 5432, "postgres": 5432, "hbase": 8080, "http": 80, "https": 443,
        "sc": 15002, "mastodon": 443, "socket": 0, "ack": 0, "push": 0,
    ]

    /// Reads an address; nil if its servers are not known.
    init?(_ address: String) {
        if address == "jetstream:" || address.hasPrefix("jetstream:?") {
            // Any of them will do; the first is asked first.
            places = JetstreamService.publicHosts.prefix(1).map { ($0, 443) }
            (listens, library) = (false, nil)
            return
        }
        guard let end = address.firstRange(of: "://") else { return nil }
        let scheme = String(address[..<end.lowerBound])
        guard let usual = Self.ports[scheme] else { return nil }
        let rest = address[end.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != ";" }
        let servers = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        var found: [(String, Int)] = []
        for server in servers.split(separator: ",") {
            if let place = HostPort(String(server)) {
                found.append((place.host, place.port))
            } else if usual > 0 {
                found.append((server.hasPrefix("[") ? String(server.dropFirst().dropLast()) : String(server), usual))
            } else {
                return nil
            }
        }
        places = found
        listens = scheme == "push"
        library =
            switch scheme {
            case "kafka": .kafka
            case "mongodb": .mongoDB
            case "postgresql", "postgres": .postgreSQL
            default: nil
            }
    }
}
