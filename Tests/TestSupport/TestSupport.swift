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
