/// The public error type of Swiftwater: what was found, where, and what to do about it.
///
/// Codes are open: compare with the constants below and keep a default case.
public struct SwiftwaterError: Error, Sendable, CustomStringConvertible {
    /// The kind of error. Later versions may add codes.
    public struct Code: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
        /// The code's name, such as `notFound`.
        public let rawValue: String
        /// Creates the code of a name.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// The code's name.
        public var description: String { rawValue }

        /// An option, argument or setting is invalid.
        public static let invalidArgument = Code(rawValue: "invalidArgument")
        /// A record, row or file is malformed.
        public static let malformedInput = Code(rawValue: "malformedInput")
        /// A file, directory or object does not exist.
        public static let notFound = Code(rawValue: "notFound")
        /// The operating system refused to read or write.
        public static let io = Code(rawValue: "io")
        /// A host or port could not be reached or bound.
        public static let network = Code(rawValue: "network")
        /// A service refused who asked.
        public static let denied = Code(rawValue: "denied")
        /// A stored file is damaged or truncated.
        public static let corrupted = Code(rawValue: "corrupted")
        /// A configured limit was reached.
        public static let limitExceeded = Code(rawValue: "limitExceeded")
        /// A task of a batch failed in every attempt.
        public static let taskFailed = Code(rawValue: "taskFailed")
        /// The call is not valid in the object's current state.
        public static let invalidState = Code(rawValue: "invalidState")
        /// This program, or a service that it uses, cannot do what was asked.
        public static let unsupported = Code(rawValue: "unsupported")
        /// A computation has no solution, such as a singular system.
        public static let numerical = Code(rawValue: "numerical")
    }

    /// The setting that would help. A program that has options for settings can say which option that is.
    public struct Setting: Hashable, Sendable, RawRepresentable {
        /// The setting's name, such as `port`.
        public let rawValue: String
        /// Creates a setting of a name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The port to listen on.
        public static let port = Setting(rawValue: "port")
        /// The columns and the separator of a file of ratings.
        public static let ratingsFormat = Setting(rawValue: "ratingsFormat")
        /// Whether ids must be integers.
        public static let requiresIntegerIDs = Setting(rawValue: "requiresIntegerIDs")
        /// Whether a sender waits for acknowledgments.
        public static let acknowledgments = Setting(rawValue: "acknowledgments")
        /// The token that clients of a server must send.
        public static let token = Setting(rawValue: "token")
        /// `Catalogue.Format`.
        public static let catalogueFormat = Setting(rawValue: "catalogueFormat")
        /// `RatingsFormat.hasDecimalComma`.
        public static let decimalComma = Setting(rawValue: "decimalComma")
        /// The states of a checkpoint that are discarded, and those that have a new name.
        public static let checkpointMigration = Setting(rawValue: "checkpointMigration")
        /// `ServeSettings.setsAsideDamagedHistory`.
        public static let damagedHistory = Setting(rawValue: "damagedHistory")
        /// Whether a cache is kept beside a file.
        public static let cache = Setting(rawValue: "cache")
    }

    /// The place an error refers to. Unknown parts are nil.
    public struct Location: Hashable, Sendable, CustomStringConvertible {
        /// The file's path or name.
        public var file: String?
        /// The line, from 1.
        public var line: Int?
        /// The column's name.
        public var column: String?
        /// The offset in bytes, from 0.
        public var byteOffset: Int?
        /// The operator of a stream program.
        public var streamOperator: String?

        /// Creates a location from its known parts.
        public init(
            file: String? = nil, line: Int? = nil, column: String? = nil, byteOffset: Int? = nil,
            streamOperator: String? = nil
        ) {
            self.file = file
            self.line = line
            self.column = column
            self.byteOffset = byteOffset
            self.streamOperator = streamOperator
        }

        /// The known parts, as in `ratings.csv:3, column 'rating'`.
        public var description: String {
            var parts: [String] = []
            if let file {
                parts.append(file + (line.map { ":\($0)" } ?? ""))
            } else if let line {
                parts.append("line \(line)")
            }
            if let column { parts.append("column '\(column)'") }
            if let byteOffset { parts.append("byte \(byteOffset)") }
            if let streamOperator { parts.append("operator '\(streamOperator)'") }
            return parts.joined(separator: ", ")
        }
    }

    /// The kind of error.
    public var code: Code
    /// What was found, as one sentence without a final period.
    public var message: String
    /// Where it was found.
    public var location: Location?
    /// What to do about it.
    public var remedy: String?
    /// The setting that the remedy is about.
    public var setting: Setting?
    /// The error that led to this one.
    public var cause: (any Error)?
    /// Whether a retry of the same call can succeed.
    public var isRetryable: Bool

    /// Creates an error.
    public init(
        _ code: Code, _ message: String, at location: Location? = nil, remedy: String? = nil,
        setting: Setting? = nil, cause: (any Error)? = nil, isRetryable: Bool = false
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.remedy = remedy
        self.setting = setting
        self.cause = cause
        self.isRetryable = isRetryable
    }

    /// The error in one line: location, message, remedy and cause.
    public var description: String {
        var text = ""
        if let location, !location.description.isEmpty { text += "\(location): " }
        text += message
        if let remedy { text += "; \(remedy)" }
        if let cause { text += " (cause: \(cause))" }
        return text
    }
}

extension SwiftwaterError {
    /// Whether the cause is a reader that went away.
    package var isBrokenPipe: Bool {
        var cause: (any Error)? = self
        while let known = cause as? SwiftwaterError { cause = known.cause }
        return (cause as? SystemErrorNumber)?.isBrokenPipe == true
    }
}
