/// Where a test makes the disk fail. The default does nothing.
public struct FileFaults: Sendable {
    /// Called before each write with the file's path and the bytes about to be written; a number other than 0 is the
    /// `errno` that the write then fails with.
    public var write: @Sendable (_ path: String, _ count: Int) -> Int32

    public init(write: @escaping @Sendable (_ path: String, _ count: Int) -> Int32 = { _, _ in 0 }) {
        self.write = write
    }

    public static let none = FileFaults()
}
