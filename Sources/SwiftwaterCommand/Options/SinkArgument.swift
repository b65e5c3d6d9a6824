import ArgumentParser
import Foundation
import Swiftwater

/// The destination of tables: a value of `--sink`.
enum SinkArgument: ExpressibleByArgument {
    case files(directory: String, FileSink.Format)
    case sqlite(path: String)
    case postgresql(address: String)
    case mongo(address: String)
    case kafka(address: String)
    case webhook(address: String)

    init?(argument: String) {
        for (prefix, format) in [("files:", FileSink.Format.ndjson), ("csv:", .csv), ("text:", .text)]
        where argument.hasPrefix(prefix) && argument.count > prefix.count {
            self = .files(directory: String(argument.dropFirst(prefix.count)), format)
            return
        }
        if argument.hasPrefix("postgresql://") {
            self = .postgresql(address: argument)
            return
        }
        if argument.hasPrefix("mongodb://") || argument.hasPrefix("mongodb+srv://") {
            self = .mongo(address: argument)
            return
        }
        if argument.hasPrefix("kafka://") {
            self = .kafka(address: argument)
            return
        }
        if argument.hasPrefix("https://") || argument.hasPrefix("http://") {
            self = .webhook(address: argument)
            return
        }
        guard argument.hasPrefix("sqlite:"), argument.count > 7 else { return nil }
        self = .sqlite(path: String(argument.dropFirst(7)))
    }

    /// - Parameter checkpoint: the directory of the checkpoint, beside which a webhook notes what was accepted.
    func open(checkpoint: String? = nil) throws -> any TableSink {
        switch self {
        case .files(let directory, let format): FileSink(directory: directory, format: format)
        case .sqlite(let path): try SQLiteSink(path: path)
        case .postgresql(let address): try PostgreSQLSink(address)
        case .mongo(let address): try MongoSink(address)
        case .kafka(let address): try KafkaSink(address)
        case .webhook(let address): try SinkArgument.webhook(address, checkpoint)
        }
    }

    private static func webhook(_ address: String, _ checkpoint: String?) throws -> any TableSink {
        #if Services
            let environment = ProcessInfo.processInfo.environment
            guard
                let secret = try Secret.read(
                    environment: "SWIFTWATER_SINK_SECRET", file: environment["SWIFTWATER_SINK_SECRET_FILE"])
            else {
                throw SwiftwaterError(
                    .invalidArgument, "the secret that signs the messages of a webhook is missing",
                    remedy: "put it into SWIFTWATER_SINK_SECRET, or into a file that SWIFTWATER_SINK_SECRET_FILE names")
            }
            let record = checkpoint.flatMap { directory -> String? in
                guard !URLFileSystem.isRemote(directory) else { return nil }
                let name = Array(address.utf8).withUnsafeBytes { StableHasher.hash($0) }
                return "\(directory.hasSuffix("/") ? String(directory.dropLast()) : directory).webhook-\(name)"
            }
            return try WebhookSink(address, secret: secret, record: record)
        #else
            throw SwiftwaterError(
                .unsupported, "this program was built without its services", remedy: "build it with the trait Services")
        #endif
    }
}
