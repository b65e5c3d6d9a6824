/// The one public error of Swiftwater: what was found, where, and what to do about it.
///
/// Codes are open: compare with the constants below and keep a default case.
public struct SwiftwaterError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong. Open: later versions add codes.
    public struct Code: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public var description: String { rawValue }

        /// An option, argument or setting that cannot work.
        public static let invalidArgument = Code(rawValue: "invalidArgument")
        /// A record, row or file that does not have the form it should.
        public static let malformedInput = Code(rawValue: "malformedInput")
        /// A file, directory or object that is not there.
        public static let notFound = Code(rawValue: "notFound")
        /// The operating system refused to read or write.
        public static let io = Code(rawValue: "io")
        /// A host or port could not be reached or bound.
        public static let network = Code(rawValue: "network")
        /// A stored file is damaged or was cut.
        public static let corrupted = Code(rawValue: "corrupted")
        /// A limit of the settings was reached.
        public static let limitExceeded = Code(rawValue: "limitExceeded")
        /// A task of a batch failed for good.
        public static let taskFailed = Code(rawValue: "taskFailed")
        /// The call is not possible in the object's present state.
        public static let invalidState = Code(rawValue: "invalidState")
        /// Arithmetic has no answer (a singular system, for example).
        public static let numerical = Code(rawValue: "numerical")
    }

    /// The place the error speaks of. Parts that are unknown are nil.
    public struct Location: Hashable, Sendable, CustomStringConvertible {
        public var file: String?
        public var line: Int?
        public var column: String?
        public var byteOffset: Int?
        public var streamOperator: String?

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

    public var code: Code
    /// What was found, as one sentence without a final stop.
    public var message: String
    public var location: Location?
    /// What the reader can do about it.
    public var remedy: String?
    /// The error that led to this one.
    public var cause: (any Error)?
    /// Whether trying the same again can help.
    public var isRetryable: Bool

    public init(
        _ code: Code, _ message: String, at location: Location? = nil, remedy: String? = nil,
        cause: (any Error)? = nil, isRetryable: Bool = false
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.remedy = remedy
        self.cause = cause
        self.isRetryable = isRetryable
    }

    public var description: String {
        var text = ""
        if let location, !location.description.isEmpty { text += "\(location): " }
        text += message
        if let remedy { text += "; \(remedy)" }
        if let cause { text += " (cause: \(cause))" }
        return text
    }
}
