import Foundation

/// The built `swiftwater`, run as a user runs it.
public final class Program: @unchecked Sendable {
    public struct Result: Sendable {
        public let status: Int32
        public let output: String
        public let error: String
    }

    /// Beside the test bundle, where the build puts it.
    public static var path: String {
        let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        var folder = bundle.deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appending(path: "swiftwater").path()
            if FileManager.default.isExecutableFile(atPath: candidate), !isDirectory(candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        let arguments = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return arguments.appending(path: "swiftwater").path()
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    private let process = Process()
    private let folder: TemporaryDirectory

    /// Starts the program; its output goes to files.
    public init(_ arguments: [String], input: String? = nil) throws {
        folder = try TemporaryDirectory()
        process.executableURL = URL(filePath: Program.path)
        process.arguments = arguments
        process.standardOutput = try Program.handle(folder.file("output"))
        process.standardError = try Program.handle(folder.file("error"))
        if let input {
            process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder.write("input", input)))
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
    }

    private static func handle(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    public var pid: Int32 { process.processIdentifier }
    public func terminate() { process.terminate() }
    public func interrupt() { process.interrupt() }
    public var outputSoFar: String { (try? String(contentsOfFile: folder.file("output"), encoding: .utf8)) ?? "" }
    public var errorSoFar: String { (try? String(contentsOfFile: folder.file("error"), encoding: .utf8)) ?? "" }

    public func wait() -> Result {
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: outputSoFar, error: errorSoFar)
    }

    public static func run(_ arguments: String..., input: String? = nil) throws -> Result {
        try Program(arguments, input: input).wait()
    }

    /// Runs a shell line in which `$SWIFTWATER` is the program.
    public static func shell(_ line: String) throws -> Result {
        let folder = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFTWATER": path]) { $1 }
        process.standardOutput = try handle(folder.file("output"))
        process.standardError = try handle(folder.file("error"))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: try String(contentsOfFile: folder.file("output"), encoding: .utf8),
            error: try String(contentsOfFile: folder.file("error"), encoding: .utf8))
    }
}
