import Foundation
import SwiftwaterPlatform
import TestSupport

/// librdkafka's mock cluster: brokers in this process that keep messages in memory. It is a stand-in: transactions are
/// accepted and not honored, and a partition keeps its newest 5 MiB.
///
/// Messages are written and read with kcat, which is another program than the one that is tested.
public final class KafkaMock: @unchecked Sendable {
    private typealias NewConfiguration = @convention(c) () -> OpaquePointer?
    private typealias New =
        @convention(c) (CInt, OpaquePointer?, UnsafeMutablePointer<CChar>?, Int) -> OpaquePointer?
    private typealias Set =
        @convention(c) (
            OpaquePointer, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, Int
        ) -> CInt
    private typealias NewCluster = @convention(c) (OpaquePointer, CInt) -> OpaquePointer?
    private typealias Brokers = @convention(c) (OpaquePointer) -> UnsafePointer<CChar>?
    private typealias CreateTopic = @convention(c) (OpaquePointer, UnsafePointer<CChar>, CInt, CInt) -> CInt
    private typealias SetError = @convention(c) (OpaquePointer, UnsafePointer<CChar>, CInt) -> Void
    private typealias SetBroker = @convention(c) (OpaquePointer, Int32) -> CInt
    private typealias Destroy = @convention(c) (OpaquePointer) -> Void

    private static let library = Library()

    private struct Library: @unchecked Sendable {
        let handle = dlopen("librdkafka.so.1", RTLD_NOW)
    }
    private static let kcat = ["/usr/bin/kcat", "/usr/local/bin/kcat", "/opt/homebrew/bin/kcat"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    /// Whether the library and kcat are installed, and can be tested in this process.
    public static var isInstalled: Bool { !Sanitizer.isThread && library.handle != nil && kcat != nil }
    /// What to install.
    public static let missing =
        Sanitizer.isThread
        ? "the thread sanitizer does not know the threads of librdkafka, which are started with C11's thrd_create"
        : "needs librdkafka and kcat (Debian's librdkafka1 and kcat)"

    /// The addresses of the brokers.
    public let brokers: String
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private let brokerCount: Int32

    /// Starts brokers.
    public init(brokers count: Int = 1) throws {
        let configuration = (Self.function("rd_kafka_conf_new") as NewConfiguration)()!
        _ = (Self.function("rd_kafka_conf_set") as Set)(configuration, "log_level", "2", nil, 0)
        client = (Self.function("rd_kafka_new") as New)(0, configuration, nil, 0)!
        cluster = (Self.function("rd_kafka_mock_cluster_new") as NewCluster)(client, CInt(count))!
        brokers = String(cString: (Self.function("rd_kafka_mock_cluster_bootstraps") as Brokers)(cluster)!)
        brokerCount = Int32(count)
    }

    deinit {
        (Self.function("rd_kafka_mock_cluster_destroy") as Destroy)(cluster)
        (Self.function("rd_kafka_destroy") as Destroy)(client)
    }

    private static func function<Function>(_ name: String) -> Function {
        unsafeBitCast(dlsym(library.handle, name)!, to: Function.self)
    }

    /// The address of topics.
    public func address(_ topics: String, _ parameters: String = "") -> String {
        "kafka://\(brokers)/\(topics)\(parameters)"
    }

    /// Creates a topic.
    public func create(_ topic: String, partitions: Int = 1) {
        let code = (Self.function("rd_kafka_mock_topic_create") as CreateTopic)(cluster, topic, CInt(partitions), 1)
        precondition(code == 0, "cannot create \(topic): \(code)")
    }

    /// Answers requests for a topic with an error from now on; with none if it is nil.
    ///
    /// - Parameter error: a code of Kafka's protocol, such as 3 for a topic that is not there.
    public func fail(_ topic: String, with error: Int?) {
        (Self.function("rd_kafka_mock_topic_set_error") as SetError)(cluster, topic, CInt(error ?? 0))
    }

    /// Takes all brokers away, or brings them back with what they had.
    public func set(isDown: Bool) {
        let name = isDown ? "rd_kafka_mock_broker_set_down" : "rd_kafka_mock_broker_set_up"
        for broker in 1...brokerCount { _ = (Self.function(name) as SetBroker)(cluster, broker) }
    }

    // MARK: Messages

    /// Writes messages, and waits until they are there.
    ///
    /// - Parameters:
    ///   - partition: the partition; by key, or any, if it is nil.
    ///   - headers: the headers of all these messages.
    ///   - emptyIsNull: whether an empty value is none.
    public func write(
        _ topic: String, _ messages: [(key: String?, value: String)], partition: Int? = nil, headers: [String] = [],
        emptyIsNull: Bool = false
    ) throws {
        // A character that no test writes separates keys from values.
        let hasKeys = messages.contains { $0.key != nil }
        let lines = messages.map { (hasKeys ? ($0.key ?? "") + "\u{1F}" : "") + $0.value + "\n" }.joined()
        let result = try Program(
            executable: URL(filePath: Self.kcat!),
            ["-P", "-b", brokers, "-t", topic] + (emptyIsNull ? ["-Z"] : []) + (hasKeys ? ["-K", "\u{1F}"] : [])
                + (partition.map { ["-p", "\($0)"] } ?? []) + headers.flatMap { ["-H", $0] }, input: lines
        ).wait(atMost: .seconds(60))
        guard result.status == 0 else { throw Failure(description: result.error) }
    }

    /// Writes values.
    public func write(_ topic: String, _ values: [String], partition: Int? = nil) throws {
        try write(topic, values.map { (nil, $0) }, partition: partition)
    }

    /// A message that is there.
    public struct Message: Sendable {
        /// The partition.
        public let partition: Int
        /// The offset.
        public let offset: Int
        /// The key; empty if there is none.
        public let key: String
        /// The value; nil if there is none.
        public let value: String?
        /// The headers.
        public let headers: [String: String]
    }

    /// Returns all messages of a topic, by partition.
    public func messages(_ topic: String) throws -> [Message] {
        let result = try Program(
            executable: URL(filePath: Self.kcat!),
            [
                "-C", "-b", brokers, "-t", topic, "-o", "beginning", "-e", "-q", "-f",
                "%p\u{1F}%o\u{1F}%k\u{1F}%h\u{1F}%S\u{1F}%s\u{1E}",
            ]
        ).wait(atMost: .seconds(120))
        guard result.status == 0 else { throw Failure(description: result.error) }
        return result.output.split(separator: "\u{1E}").map { record in
            let parts = record.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
            let headers = parts[3].split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
            return Message(
                partition: Int(parts[0])!, offset: Int(parts[1])!, key: parts[2],
                value: parts[4] == "-1" ? nil : parts[5],
                headers: Dictionary(headers.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }) { $1 })
        }
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }
}
