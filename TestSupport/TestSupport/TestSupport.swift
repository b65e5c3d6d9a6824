import Foundation
import SwiftwaterCore
import SwiftwaterFormats

/// Paths in the package's folder.
public enum PackageFolder {
    /// The package's folder, with a slash at the end.
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    /// Returns the path of a fixture.
    public static func fixture(_ name: String) -> String { root + "Tests/Fixtures/" + name }
}

/// A directory that is deleted when the test ends.
public final class TemporaryDirectory: Sendable {
    /// The directory's path.
    public let path: String

    /// Creates an empty directory with a unique name.
    public init() throws {
        path = NSTemporaryDirectory().appending("swiftwater-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Returns the path of a file in the directory.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Reads a file. Does not use `Data(contentsOf:)`, which leaks if a file is empty.
    public func bytes(_ name: String) throws -> [UInt8] { try TestFile.bytes(file(name)) }
    /// Reads a file as UTF-8.
    public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// Writes a file, and returns its path.
    @discardableResult
    public func write(_ name: String, _ content: String) throws -> String {
        try Data(content.utf8).write(to: URL(filePath: file(name)))
        return file(name)
    }

    /// Writes a file, and returns its path.
    @discardableResult
    public func write(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }
}

/// Reads a whole file.
public enum TestFile {
    /// Returns the bytes of the file.
    public static func bytes(_ path: String) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? handle.close() }
        return Array(try handle.readToEnd() ?? Data())
    }
}

/// A list of values that several threads append to.
public final class Collected<Value: Sendable>: Sendable {
    private let values = Monitor<[Value]>([])
    /// Creates an empty list.
    public init() {}
    /// Appends a value.
    public func append(_ value: Value) { values.update { $0.append(value) } }
    /// The values so far.
    public var all: [Value] { values.read { $0 } }
    /// Waits for at most a minute until there are `count` values.
    public func wait(for count: Int) -> [Value] {
        values.wait(atMost: .seconds(60)) { $0.count >= count ? $0 : nil } ?? all
    }
}

/// The lines of a file, read in parts.
public enum SplitLines {
    /// Returns the lines of all parts, in order.
    public static func read(_ path: String, targetBytes: Int) throws -> [String] {
        let size = try FileSystemSize.of(path)
        var lines: [String] = []
        for split in try FileSplit.splits(of: path, byteCount: size, targetBytes: targetBytes) {
            var reader = try BlockReader(split)
            while let block = try reader.next() {
                block.forEachLine { lines.append(String($0)) }
            }
        }
        return lines
    }
}

/// Directories for tests that do not import Foundation.
public enum FileManagerSupport {
    /// Creates a directory and its parents.
    public static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}

enum FileSystemSize {
    static func of(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }
}

extension TextBlock {
    /// The lines as strings.
    public var lines: [String] {
        var lines: [String] = []
        forEachLine { lines.append(String($0)) }
        return lines
    }
}
