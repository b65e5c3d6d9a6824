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
        let number = text.withUTF8 { writeAll(to: rawValue, UnsafeRawBufferPointer($0)) }
        guard number != 0 else { return }
        throw SwiftwaterError(
            .io, "standard \(self) cannot be written: \(systemMessage(number))",
            remedy: number == EPIPE ? "whoever read it has gone" : nil, cause: SystemErrorNumber(number))
    }
}

/// Writes all bytes to a file descriptor, however many calls that takes; 0, or the `errno` that ended it.
public func writeAll(to descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes
    while let base = rest.baseAddress, rest.count > 0 {
        let count = write(descriptor, base, rest.count)
        if count >= 0 {
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}

/// An `errno` as an error.
public struct SystemErrorNumber: Error, Hashable, Sendable, CustomStringConvertible {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }
    public var isBrokenPipe: Bool { number == EPIPE }
    public var description: String { systemMessage(number) }
}
