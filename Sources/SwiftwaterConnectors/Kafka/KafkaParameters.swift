import SwiftwaterCore
import SwiftwaterFormats

/// What follows `?` in the address of a topic.
struct KafkaParameters {
    var start = KafkaAddress.Start.latest
    var loss = KafkaAddress.Loss.fail
    var group: String?
    var hasColumns = false
    var transaction: String?
    var patience = Duration.seconds(60)
    var settings: [String: String] = [:]

    /// Takes a parameter.
    ///
    /// - Throws: `invalidArgument` for one that is not known, or has a value that cannot be.
    mutating func take(_ name: String, _ value: String) throws {
        func wrong(_ remedy: String) -> SwiftwaterError {
            KafkaAddress.problem("has the \(name) '\(value)'", remedy)
        }
        switch name {
        case "start": start = try Self.start(value)
        case "lost":
            guard let known = KafkaAddress.Loss(rawValue: value) else { throw wrong("write fail, earliest or latest") }
            loss = known
        case "group":
            guard !value.isEmpty else { throw wrong("name the group") }
            group = value
        case "columns":
            guard ["value", "all"].contains(value) else { throw wrong("write value or all") }
            hasColumns = value == "all"
        case "transaction":
            guard !value.isEmpty else { throw wrong("name the transactions, one name for each program") }
            transaction = value
        case "patience":
            guard let seconds = Int(value), (0...86_400).contains(seconds) else {
                throw wrong("give seconds, up to 86400")
            }
            patience = .seconds(seconds)
        default:
            guard !KafkaAddress.isSecret(name) else {
                throw KafkaAddress.problem("has a secret, \(name)", KafkaAddress.accessRemedy)
            }
            guard name.contains(".") else {
                throw KafkaAddress.problem(
                    "has the parameter \(name)",
                    "the parameters are start, lost, group, columns, transaction, patience, and settings of "
                        + "librdkafka such as security.protocol")
            }
            settings[name] = value
        }
    }

    /// Reads `earliest`, `latest`, a time, or `PARTITION:OFFSET,...`.
    private static func start(_ text: String) throws -> KafkaAddress.Start {
        switch text {
        case "earliest": return .earliest
        case "latest": return .latest
        default: break
        }
        let pairs = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.split(separator: ":") }
        let numbers = pairs.map { $0.compactMap { Int64($0) } }
        if numbers.allSatisfy({ $0.count == 2 && Int32(exactly: $0[0]) != nil && $0[0] >= 0 && $0[1] >= 0 }),
            pairs.allSatisfy({ $0.count == 2 })
        {
            return .offsets(Dictionary(numbers.map { (Int32($0[0]), $0[1]) }) { $1 })
        }
        if let time = Timestamp.milliseconds(text) { return .time(time) }
        throw KafkaAddress.problem(
            "has the start '\(text)'",
            "write earliest, latest, a time such as 2026-11-28T09:00:00Z, or PARTITION:OFFSET")
    }
}
