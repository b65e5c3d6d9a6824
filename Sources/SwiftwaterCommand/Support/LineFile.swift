import Swiftwater
import SwiftwaterPlatform

/// A file that is written line by line and can be read as it grows.
final class LineFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Opens or creates a file.
    ///
    /// - Parameter appends: keeps the existing content and ends a last line that a killed process left incomplete.
    init(path: String, appends: Bool = false) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (appends ? O_APPEND : O_TRUNC), 0o644)
        guard descriptor >= 0 else { throw FileError.make("cannot create", path, errno) }
        let size = lseek(descriptor, 0, SEEK_END)
        var last: UInt8 = 0x0A
        if size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != 0x0A { try write("\n") }
    }

    deinit { close(descriptor) }

    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes whole lines.
    func write(_ block: TextBlock) throws { try block.withBytes { try write($0) } }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        let number = StandardStream.writeAll(to: descriptor, bytes)
        guard number == 0 else { throw FileError.make("cannot write", path, number) }
    }
}
