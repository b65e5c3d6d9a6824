import Foundation
import Swiftwater

/// Where things are in the package's folder.
public enum PackageFolder {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    public static func fixture(_ name: String) -> String { root + "Tests/Fixtures/" + name }
}

/// A directory that is gone when the test is.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        path = NSTemporaryDirectory().appending("swiftwater-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func file(_ name: String) -> String { path + "/" + name }

    /// Not by `Data(contentsOf:)`, which leaks where a file is empty.
    public func bytes(_ name: String) throws -> [UInt8] { try TestFile.bytes(file(name)) }
    public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    @discardableResult
    public func write(_ name: String, _ content: String) throws -> String {
        try Data(content.utf8).write(to: URL(filePath: file(name)))
        return file(name)
    }

    @discardableResult
    public func write(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }
}

/// Reads a whole file.
public enum TestFile {
    public static func bytes(_ path: String) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? handle.close() }
        return Array(try handle.readToEnd() ?? Data())
    }
}

/// Values that several threads add to.
public final class Collected<Value: Sendable>: Sendable {
    private let values = Monitor<[Value]>([])
    public init() {}
    public func append(_ value: Value) { values.update { $0.append(value) } }
    public var all: [Value] { values.read { $0 } }
    /// Waits, for a minute at most, until there are `count` values.
    public func wait(for count: Int) -> [Value] {
        values.wait(atMost: .seconds(60)) { $0.count >= count ? $0 : nil } ?? all
    }
}

/// The lines of a file, read in parts.
public enum SplitLines {
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

public enum FileManagerSupport {
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
    public var lines: [String] {
        var lines: [String] = []
        forEachLine { lines.append(String($0)) }
        return lines
    }
}
