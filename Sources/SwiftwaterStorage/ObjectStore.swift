import CSwiftwaterKernels
import SwiftwaterCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A flat store of named bytes: a local directory here, S3 or HDFS through the connectors.
///
/// Keys are `/`-separated, never absolute and never with `.` or `..` parts. `put` replaces an object whole: a reader sees
/// the old bytes or the new ones.
public protocol ObjectStore: Sendable {
    func put(_ key: String, _ bytes: [UInt8]) throws
    /// - Throws: `notFound` where there is no such object.
    func get(_ key: String) throws -> [UInt8]
    /// Keys that begin with `prefix`, in order of their bytes.
    func list(prefix: String) throws -> [String]
    /// Removes the object; nothing happens where there is none.
    func delete(_ key: String) throws
}

/// An object store in a directory of the local disk.
public struct LocalDirectoryStore: ObjectStore {
    public let root: String
    private let files: any FileSystem
    private let temporaries = TemporaryNumbers()

    /// Makes the directory where it does not exist.
    public init(root: String, files: any FileSystem = LocalFileSystem()) throws {
        self.root = root
        self.files = files
        try files.createDirectory(root)
    }

    private func path(_ key: String) throws -> String {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw SwiftwaterError(
                .invalidArgument, "'\(key)' is no key", remedy: "use parts separated by single slashes")
        }
        return root + "/" + key
    }

    public func put(_ key: String, _ bytes: [UInt8]) throws {
        let path = try path(key)
        if key.contains("/") { try files.createDirectory(PathName.parent(of: path)) }
        try files.replace(path, with: bytes, temporaryNumber: temporaries.next())
    }

    public func get(_ key: String) throws -> [UInt8] { try files.read(path(key)) }

    public func list(prefix: String) throws -> [String] {
        var keys: [String] = []
        func visit(_ relative: String) throws {
            for name in try files.list(relative.isEmpty ? root : root + "/" + relative) {
                let key = (relative.isEmpty ? "" : relative + "/") + name
                if key.hasSuffix("/") {
                    try visit(String(key.dropLast()))
                } else if key.hasPrefix(prefix) {
                    keys.append(key)
                }
            }
        }
        try visit("")
        return keys.filter { !$0.contains(".tmp-") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    public func delete(_ key: String) throws { try files.remove(path(key)) }
}

/// Numbers for temporary files: no two writers of one path in one process have the same.
private final class TemporaryNumbers: Sendable {
    private let counter = Atomic<Int>(0)
    func next() -> Int { Int(getpid()) << 20 | counter.wrappingAdd(1, ordering: .relaxed).oldValue & 0xFFFFF }
}

/// Directories of the local disk.
public enum Directory {
    public struct Entry: Sendable {
        public let name: String
        public let isDirectory: Bool
        public let byteCount: Int
        /// Milliseconds since 1970.
        public let modified: BatchTime
    }

    /// Makes the directory and those above it, where they do not exist.
    public static func create(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileError.make("cannot create directory", path, errno)
        }
        try create(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw FileError.make("cannot create directory", path, errno)
        }
    }

    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What the directory holds, in order of the names' bytes.
    public static func entries(_ path: String) throws -> [Entry] {
        guard let handle = opendir(path) else { throw FileError.make("cannot list", path, errno) }
        defer { closedir(handle) }
        var result: [Entry] = []
        while let found = readdir(handle) {
            let name = withUnsafePointer(to: &found.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            guard stat(path + "/" + name, &status) == 0 else { continue }  // gone since
            #if canImport(Darwin)
                let modified = status.st_mtimespec
            #else
                let modified = status.st_mtim
            #endif
            result.append(
                Entry(
                    name: name, isDirectory: status.st_mode & S_IFMT == S_IFDIR, byteCount: Int(status.st_size),
                    modified: BatchTime(
                        milliseconds: Int64(modified.tv_sec) * 1000 + Int64(modified.tv_nsec) / 1_000_000)))
        }
        return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

/// CRC-32C (Castagnoli), the checksum of everything that is stored.
public struct Checksum: Sendable {
    public private(set) var value: UInt32 = 0
    public init() {}
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        value = sw_crc32c(value, base, bytes.count)
    }
}
