import ArgumentParser
import Swiftwater

/// Where posts come from, as `--source` says.
enum PostSource: ExpressibleByArgument {
    case socket(host: String, port: Int)
    case acknowledged(host: String, port: Int)
    case push(host: String, port: Int)
    case files(directory: String)

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
        } else {
            return nil
        }
    }

    func stream(in context: StreamingContext) -> DStream<Text> {
        switch self {
        case .socket(let host, let port): context.socketTextStream(host: host, port: port)
        case .acknowledged(let host, let port): context.acknowledgedTextStream(host: host, port: port)
        case .push(let host, let port): context.pushedTextStream(host: host, port: port)
        case .files(let directory): context.textFileStream(directory: directory, newFilesOnly: false)
        }
    }
}

/// Where tables go, as `--sink` says.
enum SinkArgument: ExpressibleByArgument {
    case files(directory: String, FileSink.Format)
    case sqlite(path: String)

    init?(argument: String) {
        for (prefix, format) in [("files:", FileSink.Format.ndjson), ("csv:", .csv), ("text:", .text)]
        where argument.hasPrefix(prefix) && argument.count > prefix.count {
            self = .files(directory: String(argument.dropFirst(prefix.count)), format)
            return
        }
        guard argument.hasPrefix("sqlite:"), argument.count > 7 else { return nil }
        self = .sqlite(path: String(argument.dropFirst(7)))
    }

    func open() throws -> any TableSink {
        switch self {
        case .files(let directory, let format): FileSink(directory: directory, format: format)
        case .sqlite(let path): try SQLiteSink(path: path)
        }
    }
}

/// What survives the end of the process.
struct DurabilityOptions: ParsableArguments {
    @Option(help: "Keep in this directory what is needed to go on after a stop of any kind, and go on from it.")
    var checkpoint: String?
    @Option(help: "How often states are stored.") var checkpointInterval: DurationArgument?
    @Option(help: "Give up what the checkpoint has under this name; repeat for more.") var checkpointDrop: [String] = []
    @Option(help: "OLD=NEW: what the checkpoint has as OLD is called NEW now; repeat for more.")
    var checkpointRename: [String] = []
    @Option(help: "Set batches that fail aside in this directory and go on.") var deadLetter: String?

    func validate() throws {
        for rename in checkpointRename where rename.split(separator: "=", omittingEmptySubsequences: false).count != 2 {
            throw ValidationError("--checkpoint-rename takes OLD=NEW, not '\(rename)'.")
        }
    }

    var settings: CheckpointSettings? {
        guard let checkpoint else { return nil }
        var settings = CheckpointSettings(directory: checkpoint)
        settings.interval = checkpointInterval?.duration
        settings.drop = Set(checkpointDrop)
        for rename in checkpointRename {
            let parts = rename.split(separator: "=").map(String.init)
            settings.rename[parts[0]] = parts[1]
        }
        return settings
    }
}
