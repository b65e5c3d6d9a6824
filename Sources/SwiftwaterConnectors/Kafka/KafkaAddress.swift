import Foundation
import SwiftwaterCore
import SwiftwaterFormats

/// The address of topics: `kafka://[USER@]BROKER[:PORT][,BROKER...]/TOPIC[,TOPIC...]`, or `/^REGEX` for all topics
/// whose names match, with parameters after `?`: `start`, `lost`, `group`, `columns`, `transaction`, `patience`, and
/// settings of librdkafka. The password comes from `KAFKA_PASSWORD`, or from the file that `KAFKA_PASSWORD_FILE` names.
package struct KafkaAddress: Sendable, Hashable {
    /// Where a source begins that has no position yet.
    package enum Start: Sendable, Hashable {
        case earliest, latest
        /// The first messages at or after a time, in milliseconds since 1970.
        case time(Int64)
        /// These offsets, by partition; other partitions begin at the earliest.
        case offsets([Int32: Int64])
    }

    /// What happens if messages are gone that were not read.
    package enum Loss: String, Sendable {
        case fail, earliest, latest
    }

    static let accessRemedy =
        "check the user, and put the password into KAFKA_PASSWORD, or into a file that KAFKA_PASSWORD_FILE names; "
        + "see docs/KAFKA.md"
    private static let remedy = "write kafka://BROKER:PORT/TOPIC"
    /// The settings of librdkafka that hold secrets, and so do not belong in an address.
    private static let secrets: Set<String> = ["sasl.password", "ssl.key.password", "ssl.keystore.password"]

    /// The brokers, as librdkafka takes them.
    package let brokers: String
    package let user: String?
    /// The names of topics, or one regular expression that begins with `^`.
    package let topics: [String]
    package let start: Start
    package let loss: Loss
    /// The group for which offsets are committed, for those who watch it; nil for none.
    package let group: String?
    /// Whether a line is the whole message as JSON instead of its value.
    package let hasColumns: Bool
    /// The id of transactions; nil without them.
    package let transaction: String?
    /// How long a batch waits for brokers that are away.
    package let patience: Duration
    /// Settings of librdkafka, by name.
    package let settings: [String: String]

    /// Reads an address.
    ///
    /// - Throws: `invalidArgument` with what is wrong with it.
    package init(_ text: String) throws {
        guard let address = ServiceAddress(text), address.scheme == "kafka", address.hasSlashes else {
            throw KafkaAddress.problem("does not begin with kafka://")
        }
        var servers = Substring(address.rest)
        guard let slash = servers.firstIndex(of: "/") else { throw KafkaAddress.problem("names no topic") }
        topics = try KafkaAddress.topics(servers[servers.index(after: slash)...])
        (user, servers) = try address.user(before: servers[..<slash], KafkaAddress.accessRemedy)
        brokers = try servers.split(separator: ",", omittingEmptySubsequences: false).map { server in
            let (host, port) = try address.server(server, port: 9092)
            return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }.joined(separator: ",")
        var values = KafkaParameters()
        for (name, value) in address.parameters { try values.take(name, value) }
        (start, loss, group) = (values.start, values.loss, values.group)
        (hasColumns, transaction, patience) = (values.hasColumns, values.transaction, values.patience)
        var settings = values.settings
        if user != nil {
            settings["security.protocol"] = settings["security.protocol"] ?? "sasl_ssl"
            settings["sasl.mechanism"] = settings["sasl.mechanism"] ?? settings["sasl.mechanisms"] ?? "PLAIN"
        }
        self.settings = settings
        if case .offsets = start, topics.count > 1 || isPattern {
            throw KafkaAddress.problem("has offsets for more than one topic", "give one topic, or start=TIME")
        }
    }

    private static func topics(_ text: Substring) throws -> [String] {
        if text.hasPrefix("^") || text.hasPrefix("%5E") {
            let pattern = PercentEncoding.decoded(String(text).replacing("+", with: "%2B"))
            do { _ = try NSRegularExpression(pattern: pattern) } catch {
                throw problem("has a regular expression that cannot be read: '\(pattern)'")
            }
            return [pattern]
        }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for name in names {
            let isName = name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
            guard isName, (1...249).contains(name.utf8.count), name != ".", name != ".." else {
                throw problem("has the topic '\(name)'", "topics have letters, digits, '.', '_' and '-', up to 249")
            }
        }
        return names
    }

    static func problem(_ what: String, _ remedy: String = remedy) -> SwiftwaterError {
        SwiftwaterError(.invalidArgument, "the address of the topic \(what)", remedy: remedy)
    }

    /// Whether topics are found by a regular expression.
    package var isPattern: Bool { topics[0].hasPrefix("^") }

    /// The address without what is secret, for messages.
    package var label: String { "kafka://\(brokers)/\(topics.joined(separator: ","))" }

    /// Whether a topic is one of these.
    package func matches(_ topic: String) -> Bool {
        guard isPattern else { return topics.contains(topic) }
        let whole = NSRange(topic.startIndex..., in: topic)
        // Checked when the address was read. Topics of Kafka itself are left out.
        return !topic.hasPrefix("__")
            && (try? NSRegularExpression(pattern: topics[0]))?.firstMatch(in: topic, range: whole) != nil
    }

    /// Returns the settings of a client, with the password.
    ///
    /// - Throws: `notFound` for a file of the password that is not there.
    package func clientSettings(_ environment: [String: String]) throws -> [(name: String, value: String)] {
        var all = settings
        all["bootstrap.servers"] = brokers
        all["client.id"] = all["client.id"] ?? "swiftwater"
        if let user {
            all["sasl.username"] = user
            all["sasl.password"] = try KafkaAddress.password(environment)?.text
        }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func password(_ environment: [String: String]) throws -> Secret? {
        if let password = environment["KAFKA_PASSWORD"], !password.isEmpty { return Secret(password) }
        guard let path = environment["KAFKA_PASSWORD_FILE"], !path.isEmpty else { return nil }
        let text = try FileBytes.with(path: path) { String(decoding: $0, as: UTF8.self) }
        return Secret(text.trimmingCharacters(in: .newlines))
    }

    static func isSecret(_ setting: String) -> Bool { secrets.contains(setting) }
}
