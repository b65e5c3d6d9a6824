import Foundation
import SwiftwaterCore
import SwiftwaterFormats

/// A program of the package, run as a user runs it.
public final class Program: @unchecked Sendable {
    /// The exit status and the output of a program.
    public struct Result: Sendable {
        /// The exit status, or the number of the signal that ended the program.
        public let status: Int32
        /// What it wrote to standard output.
        public let output: String
        /// What it wrote to standard error.
        public let error: String
    }

    private struct Heard {
        var output: [UInt8] = []
        var error: [UInt8] = []
        var openPipes = 2
    }

    /// The folder of the test bundle, where the build also puts the programs.
    public static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    /// The path of `swiftwater`.
    public static var path: String { folder.appending(path: "swiftwater").path() }

    private let process = Process()
    private var inputPipe: Pipe?
    private let heard = Monitor(Heard())

    /// Starts `swiftwater` or another program of the package.
    public convenience init(
        _ arguments: [String], input: String? = nil, holdsInputOpen: Bool = false, program: String = "swiftwater"
    ) throws {
        try self.init(
            executable: Program.folder.appending(path: program), arguments, input: input ?? (holdsInputOpen ? "" : nil),
            holdsInputOpen: holdsInputOpen, environment: nil)
    }

    /// The servers that tests share, and the signals that end them.
    private static let servers = Monitor<[(process: Process, signal: Int32)]>([])
    private static let registration: Void = {
        atexit {
            for server in Program.servers.read({ $0 }) where server.process.isRunning {
                kill(server.process.processIdentifier, server.signal)
            }
        }
    }()

    /// Ends the program when the tests end, if it still runs: what is kept in a static property is never released.
    public func endAtExit(with signal: Int32) {
        _ = Program.registration
        Program.servers.update { $0.append((process, signal)) }
    }

    /// Starts another program.
    public init(
        executable: URL, _ arguments: [String], input: String? = nil, holdsInputOpen: Bool = false,
        environment: [String: String]? = nil
    ) throws {
        process.executableURL = executable
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardOutput = listen { $0.output.append(contentsOf: $1) }
        process.standardError = listen { $0.error.append(contentsOf: $1) }
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try process.run()
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            if holdsInputOpen { inputPipe = pipe } else { try pipe.fileHandleForWriting.close() }
        } else {
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }
    }

    /// Returns a pipe that a separate thread reads until it closes.
    private func listen(_ take: @escaping @Sendable (inout Heard, Data) -> Void) -> Pipe {
        let pipe = Pipe()
        let (handle, heard) = (UncheckedHandle(handle: pipe.fileHandleForReading), heard)
        SystemThread.start(named: "listen") {
            while true {
                let data = handle.handle.availableData
                if data.isEmpty { break }
                heard.update { take(&$0, data) }
            }
            heard.update { $0.openPipes -= 1 }
        }
        return pipe
    }

    /// The process id.
    public var pid: Int32 { process.processIdentifier }
    /// Whether the program is running.
    public var isRunning: Bool { process.isRunning }
    /// Sends SIGTERM if the program is running.
    public func terminate() { if process.isRunning { process.terminate() } }

    /// Writes to the program's standard input, if it was started with `holdsInputOpen`.
    public func say(_ text: String) throws { try inputPipe?.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Waits for at most a minute until the program's output satisfies `condition`; returns nil if it never does.
    public func waitForOutput<Found>(_ condition: (_ output: String, _ error: String) -> Found?) -> Found? {
        heard.wait(atMost: .seconds(60)) { heard -> Found?? in
            let found = condition(
                String(decoding: heard.output, as: UTF8.self), String(decoding: heard.error, as: UTF8.self))
            if let found { return .some(found) }
            return heard.openPipes == 0 ? .some(nil) : nil
        } ?? nil
    }

    /// Waits for the program to end. One that has not ended within the limit is killed, so that its status is 9.
    public func wait(atMost limit: Duration = .seconds(900)) -> Result {
        let isOver = Monitor(false)
        SystemThread.start(named: "limit") { [self] in
            if isOver.wait(atMost: limit, for: { $0 ? () : nil }) == nil { kill(pid, SIGKILL) }
        }
        process.waitUntilExit()
        isOver.update { $0 = true }
        return heard.wait { heard in
            guard heard.openPipes == 0 else { return nil }
            return Result(
                status: self.process.terminationStatus, output: String(decoding: heard.output, as: UTF8.self),
                error: String(decoding: heard.error, as: UTF8.self))
        }
    }

    /// Runs `swiftwater` to its end.
    public static func run(_ arguments: String..., input: String? = nil) throws -> Result {
        try Program(arguments, input: input).wait()
    }

    /// Runs `swiftwater` to its end, with variables added to the environment.
    public static func run(_ arguments: [String], variables: [String: String]) throws -> Result {
        try Program(
            executable: URL(filePath: path), arguments, input: nil,
            environment: ProcessInfo.processInfo.environment.merging(variables) { $1 }
        ).wait()
    }

    /// Runs a shell line in which `$SWIFTWATER` is the path of the program.
    public static func shell(_ line: String) throws -> Result {
        let environment = ProcessInfo.processInfo.environment.merging(["SWIFTWATER": path]) { $1 }
        return try Program(executable: URL(filePath: "/bin/bash"), ["-c", line], input: nil, environment: environment)
            .wait()
    }
}

private struct UncheckedHandle: @unchecked Sendable {
    let handle: FileHandle
}
