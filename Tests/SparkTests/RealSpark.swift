#if SparkConnect
    import Foundation
    import Testing

    /// The Spark that tests use (`make integration-spark` installs and starts one).
    enum RealSpark {
        static let address = ProcessInfo.processInfo.environment["SPARK_REMOTE"] ?? ""
        /// A Python with pyspark and grpcio-tools.
        static let python = ProcessInfo.processInfo.environment["SPARK_PYTHON"]
        /// Whether tests may kill executors and the driver.
        static let mayBeKilled = ProcessInfo.processInfo.environment["SPARK_KILLS"] != nil
        static var isThere: Bool { !address.isEmpty }
        static let reason: Comment = "SPARK_REMOTE names no Spark Connect server: make integration-spark starts one"
    }
#endif
