import SwiftwaterCore

/// The errors of librdkafka and of brokers that are told apart (`rd_kafka_resp_err_t`).
enum KafkaCode {
    static let transport: CInt = -195
    static let resolve: CInt = -193
    static let messageTimedOut: CInt = -192
    static let endOfPartition: CInt = -191
    static let unknownPartition: CInt = -190
    static let unknownTopic: CInt = -188
    static let allBrokersDown: CInt = -187
    static let timedOut: CInt = -185
    static let queueFull: CInt = -184
    static let security: CInt = -181
    static let authentication: CInt = -169
    static let offsetReset: CInt = -140
    static let none: CInt = 0
    static let offsetOutOfRange: CInt = 1
    static let unknownTopicOrPartition: CInt = 3
    static let leaderNotAvailable: CInt = 5
    static let messageTooLarge: CInt = 10
    static let notAuthorized: ClosedRange<CInt> = 29...31
    static let badMechanism: CInt = 33
    static let saslFailed: CInt = 58

    /// Returns an error for a user.
    static func error(_ code: CInt, _ words: String, at address: KafkaAddress) -> SwiftwaterError {
        let said = TerminalText.safe(String(words.prefix(500)))
        let (kind, remedy): (SwiftwaterError.Code, String?) =
            switch code {
            case authentication, saslFailed, badMechanism: (.denied, KafkaAddress.accessRemedy)
            case notAuthorized: (.denied, "give the user the right to it")
            case security: (.network, "check security.protocol and ssl.ca.location; see docs/KAFKA.md")
            case unknownTopic, unknownPartition, unknownTopicOrPartition:
                (.notFound, "create the topic, or name another")
            case messageTooLarge: (.io, "raise message.max.bytes of the topic, or write fewer columns")
            default: (.network, "check that the brokers run and can be reached")
            }
        return SwiftwaterError(
            kind, "\(address.label): \(said)", remedy: remedy, isRetryable: kind == .network && code != security)
    }

    /// Whether a broker or the network is away, which the library tries again.
    static func mayPass(_ code: CInt) -> Bool {
        switch code {
        case transport, resolve, allBrokersDown, timedOut, messageTimedOut, leaderNotAvailable, 6, 7, 8, 9, 13, 14, 15,
            16, 19, 20:
            true
        default: false
        }
    }
}
