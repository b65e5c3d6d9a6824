import CSwiftwaterClients
import SwiftwaterCore

/// The functions of librdkafka that are used here, as its header documents them. All may be called by any thread.
struct LibRDKafka: Sendable {
    typealias Client = OpaquePointer
    typealias Configuration = OpaquePointer
    typealias Queue = OpaquePointer
    typealias Topic = OpaquePointer
    typealias Headers = OpaquePointer
    typealias Failure = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias MutableText = UnsafeMutablePointer<CChar>
    typealias Message = UnsafeMutablePointer<sw_kafka_message>
    typealias Partitions = UnsafeMutablePointer<sw_kafka_partitions>
    typealias Metadata = UnsafePointer<sw_kafka_metadata>
    typealias ErrorCallback = @convention(c) (Client?, CInt, Text?, UnsafeMutableRawPointer?) -> Void
    typealias DeliveryCallback =
        @convention(c) (Client?, UnsafePointer<sw_kafka_message>?, UnsafeMutableRawPointer?) -> Void
    typealias LogCallback = @convention(c) (Client?, CInt, Text?, Text?) -> Void

    /// Values of `rd_kafka_type_t`.
    static let producer: CInt = 0
    static let consumer: CInt = 1
    /// `RD_KAFKA_CONF_OK`.
    static let isSet: CInt = 0
    /// `RD_KAFKA_PARTITION_UA`: the partition follows from the key.
    static let anyPartition: Int32 = -1

    let newConfiguration: @convention(c) () -> Configuration?
    let set: @convention(c) (Configuration, Text, Text, MutableText, Int) -> CInt
    let destroyConfiguration: @convention(c) (Configuration) -> Void
    let setOpaque: @convention(c) (Configuration, UnsafeMutableRawPointer?) -> Void
    let setErrorCallback: @convention(c) (Configuration, ErrorCallback) -> Void
    let setDeliveryCallback: @convention(c) (Configuration, DeliveryCallback) -> Void
    let setLogCallback: @convention(c) (Configuration, LogCallback) -> Void
    let new: @convention(c) (CInt, Configuration, MutableText, Int) -> Client?
    let destroy: @convention(c) (Client) -> Void
    let redirectToConsumer: @convention(c) (Client) -> CInt
    let consumerQueue: @convention(c) (Client) -> Queue?
    let destroyQueue: @convention(c) (Queue) -> Void
    let consumeBatch: @convention(c) (Queue, CInt, UnsafeMutablePointer<Message?>, Int) -> Int
    let destroyMessage: @convention(c) (Message) -> Void
    let topicName: @convention(c) (OpaquePointer) -> Text?
    let timestamp: @convention(c) (UnsafePointer<sw_kafka_message>, UnsafeMutablePointer<CInt>?) -> Int64
    let headers: @convention(c) (UnsafePointer<sw_kafka_message>, UnsafeMutablePointer<Headers?>) -> CInt
    let header:
        @convention(c) (
            Headers, Int, UnsafeMutablePointer<Text?>, UnsafeMutablePointer<UnsafeRawPointer?>,
            UnsafeMutablePointer<Int>
        ) -> CInt
    let newPartitions: @convention(c) (CInt) -> Partitions?
    let addPartition: @convention(c) (Partitions, Text, Int32) -> UnsafeMutablePointer<sw_kafka_partition>?
    let destroyPartitions: @convention(c) (Partitions) -> Void
    let assign: @convention(c) (Client, Partitions?) -> CInt
    let commit: @convention(c) (Client, Partitions, CInt) -> CInt
    let metadata: @convention(c) (Client, CInt, Topic?, UnsafeMutablePointer<Metadata?>, CInt) -> CInt
    let destroyMetadata: @convention(c) (Metadata) -> Void
    let newTopic: @convention(c) (Client, Text, OpaquePointer?) -> Topic?
    let destroyTopic: @convention(c) (Topic) -> Void
    let bounds:
        @convention(c) (
            Client, Text, Int32, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>, CInt
        ) -> CInt
    let knownBounds:
        @convention(c) (Client, Text, Int32, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) -> CInt
    let offsetsForTimes: @convention(c) (Client, Partitions, CInt) -> CInt
    let produce: @convention(c) (Client, UnsafePointer<sw_kafka_argument>, Int) -> Failure?
    let poll: @convention(c) (Client, CInt) -> CInt
    let flush: @convention(c) (Client, CInt) -> CInt
    let beginTransactions: @convention(c) (Client, CInt) -> Failure?
    let beginTransaction: @convention(c) (Client) -> Failure?
    let commitTransaction: @convention(c) (Client, CInt) -> Failure?
    let failureCode: @convention(c) (Failure) -> CInt
    let failureText: @convention(c) (Failure) -> Text?
    let destroyFailure: @convention(c) (Failure) -> Void
    let errorText: @convention(c) (CInt) -> Text?

    /// The name under which the library was found.
    let libraryName: String

    /// The library, loaded at the first use.
    ///
    /// - Throws: `unsupported` if it is not installed.
    static func shared() throws -> LibRDKafka { try loaded.get() }

    private static let loaded = Result<LibRDKafka, any Error> { try LibRDKafka() }

    private init() throws {
        let library = try DynamicLibrary(
            ["librdkafka.so.1", "librdkafka.1.dylib", "/opt/homebrew/opt/librdkafka/lib/librdkafka.1.dylib"],
            for: "Kafka",
            packages: "install it: apt install librdkafka1, dnf install librdkafka, or brew install librdkafka")
        libraryName = library.name
        newConfiguration = try library.function("rd_kafka_conf_new")
        set = try library.function("rd_kafka_conf_set")
        destroyConfiguration = try library.function("rd_kafka_conf_destroy")
        setOpaque = try library.function("rd_kafka_conf_set_opaque")
        setErrorCallback = try library.function("rd_kafka_conf_set_error_cb")
        setDeliveryCallback = try library.function("rd_kafka_conf_set_dr_msg_cb")
        setLogCallback = try library.function("rd_kafka_conf_set_log_cb")
        new = try library.function("rd_kafka_new")
        destroy = try library.function("rd_kafka_destroy")
        redirectToConsumer = try library.function("rd_kafka_poll_set_consumer")
        consumerQueue = try library.function("rd_kafka_queue_get_consumer")
        destroyQueue = try library.function("rd_kafka_queue_destroy")
        consumeBatch = try library.function("rd_kafka_consume_batch_queue")
        destroyMessage = try library.function("rd_kafka_message_destroy")
        topicName = try library.function("rd_kafka_topic_name")
        timestamp = try library.function("rd_kafka_message_timestamp")
        headers = try library.function("rd_kafka_message_headers")
        header = try library.function("rd_kafka_header_get_all")
        newPartitions = try library.function("rd_kafka_topic_partition_list_new")
        addPartition = try library.function("rd_kafka_topic_partition_list_add")
        destroyPartitions = try library.function("rd_kafka_topic_partition_list_destroy")
        assign = try library.function("rd_kafka_assign")
        commit = try library.function("rd_kafka_commit")
        metadata = try library.function("rd_kafka_metadata")
        destroyMetadata = try library.function("rd_kafka_metadata_destroy")
        newTopic = try library.function("rd_kafka_topic_new")
        destroyTopic = try library.function("rd_kafka_topic_destroy")
        bounds = try library.function("rd_kafka_query_watermark_offsets")
        knownBounds = try library.function("rd_kafka_get_watermark_offsets")
        offsetsForTimes = try library.function("rd_kafka_offsets_for_times")
        produce = try library.function("rd_kafka_produceva")
        poll = try library.function("rd_kafka_poll")
        flush = try library.function("rd_kafka_flush")
        beginTransactions = try library.function("rd_kafka_init_transactions")
        beginTransaction = try library.function("rd_kafka_begin_transaction")
        commitTransaction = try library.function("rd_kafka_commit_transaction")
        failureCode = try library.function("rd_kafka_error_code")
        failureText = try library.function("rd_kafka_error_string")
        destroyFailure = try library.function("rd_kafka_error_destroy")
        errorText = try library.function("rd_kafka_err2str")
    }
}
