import CSwiftwaterClients
import Foundation
import SwiftwaterCore

/// A client of librdkafka: a consumer or a producer.
final class KafkaClient: Sendable {
    /// What the library reports from threads of its own.
    final class Events: Sendable {
        struct State {
            /// The last error of the connections to brokers, until they work again.
            var trouble: (code: CInt, words: String)?
            /// The messages that are on their way.
            var pending = 0
            /// The first message that was not delivered.
            var undelivered: CInt = 0
        }
        let state = Monitor(State())
    }

    let library: LibRDKafka
    let address: KafkaAddress
    let events: Events
    let handle: UncheckedSendable<LibRDKafka.Client>
    private let retained: UncheckedSendable<UnsafeMutableRawPointer>

    /// Creates a client. Does not connect.
    ///
    /// - Throws: `unsupported` without the library; `invalidArgument` for settings that the library does not know.
    init(
        _ kind: CInt, _ address: KafkaAddress, _ settings: [(name: String, value: String)],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        let library = try LibRDKafka.shared()
        let events = Events()
        (self.library, self.address, self.events) = (library, address, events)
        guard let configuration = library.newConfiguration() else {
            throw SwiftwaterError(.io, "no memory for a client of Kafka")
        }
        var reason = [CChar](repeating: 0, count: 512)
        for (name, value) in try address.clientSettings(environment) + settings {
            guard library.set(configuration, name, value, &reason, reason.count) == LibRDKafka.isSet else {
                library.destroyConfiguration(configuration)
                throw KafkaAddress.problem(
                    "has a setting that librdkafka refuses: \(KafkaClient.text(reason))",
                    "see librdkafka's list of settings, and docs/KAFKA.md")
            }
        }
        let pointer = Unmanaged.passRetained(events).toOpaque()
        library.setOpaque(configuration, pointer)
        library.setLogCallback(configuration) { _, _, _, _ in }
        library.setErrorCallback(configuration) { _, code, words, opaque in
            guard let opaque else { return }
            let events = Unmanaged<Events>.fromOpaque(opaque).takeUnretainedValue()
            let words = words.map { String(cString: $0) } ?? ""
            events.state.update { $0.trouble = (code, words) }
        }
        if kind == LibRDKafka.producer {
            library.setDeliveryCallback(configuration) { _, message, opaque in
                guard let message, let opaque else { return }
                let events = Unmanaged<Events>.fromOpaque(opaque).takeUnretainedValue()
                let code = message.pointee.error
                events.state.update { state in
                    state.pending -= 1
                    if code != KafkaCode.none, state.undelivered == KafkaCode.none { state.undelivered = code }
                }
            }
        }
        guard let new = library.new(kind, configuration, &reason, reason.count) else {
            library.destroyConfiguration(configuration)
            Unmanaged<Events>.fromOpaque(pointer).release()
            throw KafkaAddress.problem(
                "has settings that librdkafka refuses: \(KafkaClient.text(reason))", "see docs/KAFKA.md")
        }
        handle = UncheckedSendable(new)
        retained = UncheckedSendable(pointer)
    }

    /// Ends the client on a thread of its own: the library waits for its connections, and version 2.0 for ever if a
    /// topic that it read was deleted.
    deinit {
        let (library, handle, retained) = (library, handle, retained)
        SystemThread.start(named: "swiftwater-kafka-end") {
            library.destroy(handle.value)
            Unmanaged<Events>.fromOpaque(retained.value).release()
        }
    }

    /// Returns what the library says about a code, with what the brokers' connections said last.
    func error(_ code: CInt) -> SwiftwaterError {
        let words = library.errorText(code).map { String(cString: $0) } ?? "error \(code)"
        let trouble = events.state.read { $0.trouble }
        guard let trouble, KafkaCode.mayPass(code) else { return KafkaCode.error(code, words, at: address) }
        // "Timed out" says less than why.
        return KafkaCode.error(trouble.code, trouble.words, at: address)
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
