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

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.make("cannot create", path, errno) }
    }

    deinit { close(descriptor) }

    func write(_ text: String) throws {
        var text = text
        let number = text.withUTF8 { writeAll(to: descriptor, UnsafeRawBufferPointer($0)) }
        guard number == 0 else { throw FileError.make("cannot write", path, number) }
    }
}
