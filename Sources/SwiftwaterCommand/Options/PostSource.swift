import ArgumentParser
import Foundation
import Swiftwater

/// The source of posts: the value of `--source`.
enum PostSource {
    case socket(host: String, port: Int)
    case acknowledged(host: String, port: Int)
    case push(host: String, port: Int)
    case files(directory: String)
    case archive(path: String)
    /// A file that grows, as `tail -F` shows it.
    case followed(path: String, fromEnd: Bool)
    /// A service on the internet, such as `jetstream:`.
    case live(address: String)
    /// Topics of Kafka; on a Spark cluster one, without parameters.
    case kafka(address: String, KafkaAddress)
    /// The changes of a collection.
    case mongo(address: String)
    /// Only on a Spark cluster.
    case rate(perSecond: Int)

    /// Parses a URL such as `socket://127.0.0.1:7773`, `socket://[::1]:7773` or `file:posts.ndjson`.
    ///
    /// - Throws: a `ValidationError` that says what is wrong with it.
    init(parsing url: String) throws {
        if let path = PostSource.rest(of: url, after: "files:") {
            self = .files(directory: try PostSource.named(path, url, "a directory"))
        } else if let path = PostSource.rest(of: url, after: "file:") {
            self = .archive(path: try PostSource.named(path, url, "a file or directory"))
        } else if let rest = PostSource.rest(of: url, after: "tail:") {
            let fromEnd = rest.hasSuffix("?from=end")
            let path = try PostSource.named(fromEnd ? String(rest.dropLast(9)) : rest, url, "a file")
            self = .followed(path: path, fromEnd: fromEnd)
        } else if let address = PostSource.rest(of: url, after: "socket://") {
            let (host, port) = try PostSource.address(address, url, lowest: 1)
            self = .socket(host: host, port: port)
        } else if let address = PostSource.rest(of: url, after: "ack://") {
            let (host, port) = try PostSource.address(address, url, lowest: 1)
            self = .acknowledged(host: host, port: port)
        } else if let address = PostSource.rest(of: url, after: "push://") {
            let (host, port) = try PostSource.address(address, url, lowest: 0)
            self = .push(host: host, port: port)
        } else if LiveSources.isLive(url) {
            try PostSource.checkLive(url)
            self = .live(address: url)
        } else if url.hasPrefix("kafka://") {
            self = .kafka(address: url, try PostSource.explained { try KafkaAddress(url) })
        } else if url.hasPrefix("mongodb://") || url.hasPrefix("mongodb+srv://") {
            _ = try PostSource.explained { try MongoChangesAddress(url) }
            self = .mongo(address: url)
        } else if let rest = PostSource.rest(of: url, after: "rate:") {
            guard let count = Int(rest), (1...1_000_000_000).contains(count) else {
                throw ValidationError("'\(url)' takes a number of posts a second, such as rate:1000")
            }
            self = .rate(perSecond: count)
        } else {
            let meant =
                url == "jetstream" || url == "x"
                ? "\(url):"
                : FileManager.default.fileExists(atPath: url)
                    ? "file:\(url)" : HostPort(url) != nil ? "socket://\(url)" : nil
            throw ValidationError(
                "'\(url)' is not a source; "
                    + (meant.map { "did you mean '\($0)'?" } ?? "'swiftwater connectors' lists those there are"))
        }
    }

    /// Checks the address of a live source.
    ///
    /// - Throws: a `ValidationError` that says what is wrong with it.
    static func checkLive(_ url: String) throws {
        _ = try explained { try LiveSources.services(url) }
    }

    private static func explained<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as SwiftwaterError
            where error.code == .invalidArgument || error.code == .unsupported
        {
            throw ValidationError([error.message, error.remedy].compactMap(\.self).joined(separator: "; "))
        }
    }

    private static func rest(of url: String, after scheme: String) -> String? {
        url.hasPrefix(scheme) ? String(url.dropFirst(scheme.count)) : nil
    }

    private static func named(_ path: String, _ url: String, _ what: String) throws -> String {
        guard !path.isEmpty else { throw ValidationError("'\(url)' does not name \(what)") }
        return path
    }

    private static func address(_ text: String, _ url: String, lowest: Int) throws -> (String, Int) {
        guard let address = HostPort(text), address.port >= lowest else {
            throw ValidationError(
                "'\(url)' takes HOST:PORT after //, with a port from \(lowest) to 65535; "
                    + "an IPv6 address is in brackets, such as [::1]:7773")
        }
        return (address.host, address.port)
    }

    /// What is wrong with the source where the command runs; nil if nothing is.
    func problem(onCluster: Bool) -> String? {
        switch self {
        case .rate: onCluster ? nil : "rate: works only with --master sc://HOST:PORT"
        case .kafka(let address, let topic):
            onCluster && (topic.topics.count > 1 || topic.isPattern || topic.user != nil || address.contains("?"))
                ? "on a Spark cluster, kafka:// takes BROKER:PORT/TOPIC alone" : nil
        case .acknowledged, .push:
            onCluster ? "ack:// and push:// do not work on a Spark cluster; socket:// and files: do" : nil
        case .mongo: onCluster ? "mongodb:// does not work on a Spark cluster; kafka:// does" : nil
        case .followed: onCluster ? "tail: does not work on a Spark cluster; files: and file: do" : nil
        case .live(let address):
            onCluster
                ? "\(address) does not work on a Spark cluster; serve it with relay, and use socket://" : nil
        case .socket, .files, .archive: nil
        }
    }

    /// Whether a service on the internet sends the posts.
    var isLive: Bool { if case .live = self { true } else { false } }

    /// What a `file:` source reads to its end; nil for other sources.
    var archivePath: String? { if case .archive(let path) = self { path } else { nil } }

    /// Whether others push the posts.
    var isPushed: Bool { if case .push = self { true } else { false } }

    /// Whether the posts are read from files.
    var hasFiles: Bool {
        switch self {
        case .files, .archive, .followed: true
        default: false
        }
    }

    /// Returns the files of a `file:` source, which are read to their end; nil for other sources.
    func archive(batchBytes: Int, limits: LineLimits, format: TextFileFormat) throws -> ArchiveSource? {
        guard case .archive(let path) = self else { return nil }
        return try ArchiveSource([path], batchBytes: batchBytes, limits: limits, format: format)
    }

    /// Returns a stream of the posts.
    ///
    /// - Parameters:
    ///   - archive: the result of `archive(batchBytes:limits:format:)`.
    ///   - token: what those who push posts must show.
    ///   - format: how files of posts are read.
    func stream(
        in context: StreamingContext, _ archive: ArchiveSource?, token: Secret?, format: TextFileFormat
    ) throws -> DStream<Text> {
        switch self {
        case .live(let address): try context.liveTextStream(address)
        case .archive: context.archiveTextStream(archive!)
        case .socket(let host, let port): context.socketTextStream(host: host, port: port)
        case .acknowledged(let host, let port): context.acknowledgedTextStream(host: host, port: port)
        case .push(let host, let port): context.pushedTextStream(host: host, port: port, token: token)
        case .files(let directory):
            context.textFileStream(directory: directory, newFilesOnly: false, format: format)
        case .followed(let path, let fromEnd):
            context.followedTextStream(path: path, fromEnd: fromEnd, format: format)
        case .kafka(let address, _): try context.kafkaTextStream(address)
        case .mongo(let address): try context.mongoTextStream(address)
        case .rate: preconditionFailure("refused by problem(onCluster:)")
        }
    }
}
