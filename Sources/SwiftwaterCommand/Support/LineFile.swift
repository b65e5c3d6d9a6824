import Swiftwater

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that grows line by line and can be read while it does.
final class LineFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Parameter appends: keeps what is there; a last line that a killed process left without its end is ended.
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
        let number = text.withUTF8 { writeAll(to: descriptor, UnsafeRawBufferPointer($0)) }
        guard number == 0 else { throw FileError.make("cannot write", path, number) }
    }
}
