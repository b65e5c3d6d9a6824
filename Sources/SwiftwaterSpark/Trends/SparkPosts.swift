#if SparkConnect
    import SwiftwaterCore

    /// Posts that a Spark cluster reads: plain lines, or lines of `swiftwater relay --format posts`.
    public enum SparkPosts: Sendable, Equatable {
        /// A socket to which the cluster connects.
        case socket(host: String, port: Int)
        /// Text files that appear in a directory of the cluster.
        case files(directory: String)
        /// Text files that are there, which are read once.
        case archive(path: String)
        /// A topic of Kafka. The cluster needs Spark's package for Kafka.
        case kafka(brokers: String, topic: String)
        /// Generated posts, as many each second.
        case rate(perSecond: Int)

        /// Whether there is an end.
        public var isArchive: Bool { if case .archive = self { true } else { false } }

        /// Returns the lines, with the time at which each arrived, as SQL over the table `source`.
        var linesSQL: String {
            switch self {
            case .socket: "SELECT value, timestamp AS arrival FROM source"
            case .files, .archive: "SELECT value, current_timestamp() AS arrival FROM source"
            case .kafka: "SELECT CAST(value AS STRING) AS value, timestamp AS arrival FROM source"
            case .rate:
                "SELECT concat('post ', value, ' #tag', value % 100, ' #all') AS value, timestamp AS arrival "
                    + "FROM source"
            }
        }

        /// Returns what Spark reads.
        func source(_ session: SparkSession) -> SparkTable {
            switch self {
            case .socket(let host, let port):
                session.read(
                    "socket", options: ["host": host, "port": "\(port)", "includeTimestamp": "true"],
                    isStreaming: true)
            case .files(let directory): session.read("text", directory, isStreaming: true)
            case .archive(let path): session.read("text", path)
            case .kafka(let brokers, let topic):
                session.read(
                    "kafka", options: ["kafka.bootstrap.servers": brokers, "subscribe": topic], isStreaming: true)
            case .rate(let count): session.read("rate", options: ["rowsPerSecond": "\(count)"], isStreaming: true)
            }
        }
    }
#endif
