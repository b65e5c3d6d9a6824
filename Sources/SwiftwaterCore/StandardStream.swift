import SwiftwaterPlatform

/// Standard output and standard error, unbuffered: the output of a batch is visible when the batch is done, also
/// through a pipe.
package enum StandardStream: Int32, Sendable {
    /// Standard output.
    case output = 1
    /// Standard error.
    case error = 2

    /// Whether the stream is connected to a terminal.
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes all of `text`.
    ///
    /// - Throws: `io`. If the reader has closed the pipe and SIGPIPE is ignored, the cause is `EPIPE`.
    package func write(_ text: String) throws {
        var text = text
        let number = text.withUTF8 { StandardStream.writeAll(to: rawValue, UnsafeRawBufferPointer($0)) }
        guard number != 0 else { return }
        throw SwiftwaterError(
            .io, "cannot write standard \(self): \(SystemInformation.message(number))",
            remedy: number == EPIPE ? "the reader closed the pipe" : nil, cause: SystemErrorNumber(number))
    }

    /// Gives the standard streams that are closed their descriptors, so that no file of the program gets them, and with
    /// it what is meant for the stream. Standard output cannot be written, as when it is closed.
    package static func openMissing() {
        for descriptor in [Int32(0), 1, 2] where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free descriptor is the next one.
            _ = open("/dev/null", descriptor == 2 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes all bytes to a file descriptor, in as many calls as needed. Returns 0, or the `errno` of the failure.
    package static func writeAll(to descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let count = SwiftwaterPlatform.write(descriptor, base, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// An `errno` as an error.
package struct SystemErrorNumber: Error, Hashable, Sendable, CustomStringConvertible {
    /// The `errno`.
    package let number: Int32
    /// Creates the error of an `errno`.
    package init(_ number: Int32) { self.number = number }
    /// Whether the reader of a pipe or socket has closed it.
    package var isBrokenPipe: Bool { number == EPIPE }
    /// The operating system's message.
    package var description: String { SystemInformation.message(number) }
}
