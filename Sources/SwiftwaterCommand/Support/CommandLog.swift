import Foundation
import Logging
import Swiftwater

/// The log of a command: lines on standard error, which wait for nobody.
struct CommandLog: LogHandler {
    private let label: String
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    private init(label: String) { self.label = label }

    /// Returns a logger of warnings, or of everything.
    static func logger(isVerbose: Bool) -> Logger {
        var logger = Logger(label: "swiftwater", factory: { CommandLog(label: $0) })
        logger.logLevel = isVerbose ? .debug : .warning
        return logger
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let known = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let details = known.map { " \($0.key)=\($0.value)" }.joined()
        let time = Date().formatted(.iso8601.timeZoneSeparator(.omitted))
        ErrorOutput.standard.write("\(time) \(event.level) \(label):\(details) \(event.message)\n")
    }
}
