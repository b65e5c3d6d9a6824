import ArgumentParser
import Swiftwater

/// The destination of tables: a value of `--sink`.
enum SinkArgument: ExpressibleByArgument {
    case files(directory: String, FileSink.Format)
    case sqlite(path: String)
    case postgresql(address: String)
    case mongo(address: String)
    case kafka(address: String)

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
        guard argument.hasPrefix("sqlite:"), argument.count > 7 else { return nil }
        self = .sqlite(path: String(argument.dropFirst(7)))
    }

    func open() throws -> any TableSink {
        switch self {
        case .files(let directory, let format): FileSink(directory: directory, format: format)
        case .sqlite(let path): try SQLiteSink(path: path)
        case .postgresql(let address): try PostgreSQLSink(address)
        case .mongo(let address): try MongoSink(address)
        case .kafka(let address): try KafkaSink(address)
        }
    }
}
