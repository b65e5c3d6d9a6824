import ArgumentParser
import Swiftwater

/// The source of posts: the value of `--source`.
enum PostSource: ExpressibleByArgument {
    case socket(host: String, port: Int)
    case acknowledged(host: String, port: Int)
    case push(host: String, port: Int)
    case files(directory: String)
    case archive(path: String)

    init?(argument: String) {
        func address(_ scheme: String) -> (String, Int)? {
            guard argument.hasPrefix(scheme) else { return nil }
            let rest = argument.dropFirst(scheme.count)
            guard let colon = rest.lastIndex(of: ":"), colon != rest.startIndex,
                let port = Int(rest[rest.index(after: colon)...]), (0...65535).contains(port)
            else { return nil }
            return (String(rest[..<colon]), port)
        }
        if let (host, port) = address("socket://"), port > 0 {
            self = .socket(host: host, port: port)
        } else if let (host, port) = address("ack://"), port > 0 {
            self = .acknowledged(host: host, port: port)
        } else if let (host, port) = address("push://") {
            self = .push(host: host, port: port)
        } else if argument.hasPrefix("files:"), argument.count > 6 {
            self = .files(directory: String(argument.dropFirst(6)))
        } else if argument.hasPrefix("file:"), argument.count > 5 {
            self = .archive(path: String(argument.dropFirst(5)))
        } else {
            return nil
        }
    }

    /// Returns the files of a `file:` source, which are read to their end; nil for other sources.
    func archive(batchBytes: Int) throws -> ArchiveSource? {
        if case .archive(let path) = self { try ArchiveSource([path], batchBytes: batchBytes) } else { nil }
    }

    /// Returns a stream of the posts.
    ///
    /// - Parameter archive: the result of `archive(batchBytes:)`.
    func stream(in context: StreamingContext, _ archive: ArchiveSource?) -> DStream<Text> {
        switch self {
        case .archive: context.archiveTextStream(archive!)
        case .socket(let host, let port): context.socketTextStream(host: host, port: port)
        case .acknowledged(let host, let port): context.acknowledgedTextStream(host: host, port: port)
        case .push(let host, let port): context.pushedTextStream(host: host, port: port)
        case .files(let directory): context.textFileStream(directory: directory, newFilesOnly: false)
        }
    }
}
