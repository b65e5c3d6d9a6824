/// An entry of a directory.
public struct FileEntry: Sendable, Equatable {
    /// The name, without the directory.
    public let name: String
    /// Whether the entry is a directory; symbolic links are followed.
    public let isDirectory: Bool
    /// The size in bytes.
    public let byteCount: Int

    /// Creates an entry.
    public init(name: String, isDirectory: Bool, byteCount: Int) {
        (self.name, self.isDirectory, self.byteCount) = (name, isDirectory, byteCount)
    }
}
