import SwiftwaterCore
import SwiftwaterStorage

#if Services
    import Foundation
#endif

/// The stores that come with the package.
public enum RemoteStores {
    /// Makes addresses in stores work wherever a file is read or written: `s3://bucket/key` and `s3a://bucket/key`,
    /// `webhdfs://namenode:9870/path` and `swebhdfs://namenode:9871/path`, and `hdfs://namenode:8020/path`. Call it
    /// once, at the start of a program. Without the package's trait `Services`, it adds nothing.
    ///
    /// - Parameter notice: receives what a user should know, such as where `hdfs:` is read.
    public static func register(notice: @escaping @Sendable (String) -> Void = { _ in }) {
        #if Services
            for scheme in ["s3", "s3a"] {
                StoreRegistry.register(scheme) { try S3Store(bucket: $0.authority) }
            }
            for scheme in ["webhdfs", "swebhdfs"] {
                StoreRegistry.register(scheme) {
                    try WebHDFSStore(
                        settings: WebHDFSSettings(
                            address: $0.authority, isSecure: scheme == "swebhdfs",
                            environment: ProcessInfo.processInfo.environment))
                }
            }
            StoreRegistry.register("hdfs") { address in
                // Clients speak to port 8020 in Hadoop's own protocol; its files are also at an HTTP port.
                let host = address.authority.split(separator: ":").first.map(String.init) ?? ""
                guard !host.isEmpty else {
                    throw SwiftwaterError(
                        .invalidArgument, "hdfs:///\(address.key) names no name node",
                        remedy: "write webhdfs://NAMENODE:9870/\(address.key)")
                }
                // Not before an address asks for it: a configuration file sets variables, too.
                let environment = ProcessInfo.processInfo.environment
                let place = environment["SWIFTWATER_HDFS_HTTP"] ?? "\(host):9870"
                notice(
                    "hdfs://\(address.authority) is read and written through WebHDFS, at http://\(place); "
                        + "SWIFTWATER_HDFS_HTTP=HOST:PORT names another port")
                return try WebHDFSStore(
                    settings: WebHDFSSettings(address: place, isSecure: false, environment: environment))
            }
        #endif
    }
}
