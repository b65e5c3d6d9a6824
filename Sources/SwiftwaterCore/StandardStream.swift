#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output and standard error, written at once: what a batch printed is seen when the batch is done, also through
/// a pipe.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Whether a person sees it.
    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes all of it.
    ///
    /// - Throws: `io`; with `EPIPE` as the cause's number when the reader has gone and SIGPIPE is ignored.
    public func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, rest.count > 0 {
                #if canImport(Glibc)
                    let count = Glibc.write(rawValue, base, rest.count)
                #elseif canImport(Musl)
                    let count = Musl.write(rawValue, base, rest.count)
                #else
                    let count = Darwin.write(rawValue, base, rest.count)
                #endif
                if count < 0 {
                    if errno == EINTR { continue }
                    let number = errno
                    throw SwiftwaterError(
                        .io, "standard \(self) cannot be written: \(systemMessage(number))",
                        remedy: number == EPIPE ? "whoever read it has gone" : nil, cause: SystemErrorNumber(number))
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}

/// An `errno` as an error.
public struct SystemErrorNumber: Error, Hashable, Sendable, CustomStringConvertible {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }
    public var isBrokenPipe: Bool { number == EPIPE }
    public var description: String { systemMessage(number) }
}
