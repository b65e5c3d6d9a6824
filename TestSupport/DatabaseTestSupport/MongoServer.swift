import Foundation
import SwiftwaterCore
import SwiftwaterPlatform
import TestSupport

/// A MongoDB server of a test's own, on a free port of the loopback, alone or as a replica set of one member.
///
/// Needs `mongod` on the path, or in `.build-services`, where `Tests/install-services.sh` puts it and the client in Python
/// that the tests look with.
public final class MongoServer: @unchecked Sendable {
    private static let folders =
        [PackageFolder.root + ".build-services"]
        + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    private static let program = folders.map { $0 + "/mongod" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    private static let python = PackageFolder.root + ".build-services/venv/bin/python"
    /// Whether the server and a client in Python are installed.
    public static var isInstalled: Bool { program != nil && FileManager.default.isExecutableFile(atPath: python) }
    /// What to install.
    public static let missing = "needs mongod and pymongo (Tests/install-services.sh)"

    /// The port.
    public let port: Int
    private let folder: TemporaryDirectory
    private let isReplicaSet: Bool
    private let hasUsers: Bool
    private let options: [String]
    private let server = Monitor<Program?>(nil)

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - isReplicaSet: whether it has transactions and change streams.
    ///   - hasUsers: whether it asks for a user and a password, once it has a user.
    ///   - data: the folder of its data; one of its own if it is nil.
    ///   - options: further options of `mongod`.
    public init(
        isReplicaSet: Bool = true, hasUsers: Bool = false, data: String? = nil, options: [String] = []
    ) throws {
        (self.isReplicaSet, self.hasUsers, self.options) = (isReplicaSet, hasUsers, options)
        folder = try TemporaryDirectory()
        self.data = data ?? folder.file("data")
        try FileManager.default.createDirectory(atPath: self.data, withIntermediateDirectories: true)
        port = try FreePort.choose()
        try start()
    }

    private let data: String

    deinit { stop(with: SIGKILL) }

    /// Starts the server, and waits until it takes writes.
    public func start() throws {
        let log = folder.file("log-\(UUID().uuidString)")
        var arguments =
            [
                "--dbpath", data, "--bind_ip", "127.0.0.1", "--port", "\(port)", "--wiredTigerCacheSizeGB", "0.25",
                "--nounixsocket", "--logpath", log,
            ] + options
        if hasUsers { arguments.append("--auth") }
        if isReplicaSet { arguments += ["--replSet", "rs0"] }
        let new = try Program(
            executable: URL(filePath: Self.program!), arguments, input: nil,
            environment: ProcessInfo.processInfo.environment)
        new.endAtExit(with: SIGKILL)
        server.update { $0 = new }
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if text.contains("Waiting for connections") { return try prepare() }
            guard new.isRunning else { break }
            usleep(50_000)
        }
        throw Failure(description: "mongod did not start: \(new.wait(atMost: .zero).output)")
    }

    /// Makes the replica set at the first start, and waits for its primary.
    private func prepare() throws {
        guard isReplicaSet else { return }
        try script(
            """
            import time
            admin = pymongo.MongoClient("127.0.0.1", \(port), directConnection=True).admin
            try:
                admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": "127.0.0.1:\(port)"}]})
            except pymongo.errors.OperationFailure as error:
                if error.code != 23: raise
            while not admin.command("hello")["isWritablePrimary"]: time.sleep(0.05)
            """)
    }

    /// Runs a script of Python, in which `db` is the database `test`, and returns the lines that it prints.
    @discardableResult
    public func script(_ text: String) throws -> [String] {
        let file = try folder.write(
            "script-\(UUID().uuidString).py",
            "import json, pymongo\ndb = pymongo.MongoClient('127.0.0.1', \(port), directConnection=True).test\n" + text)
        let result = try Program(
            executable: URL(filePath: Self.python), [file], input: nil,
            environment: ProcessInfo.processInfo.environment
        ).wait(atMost: .seconds(120))
        guard result.status == 0 else { throw Failure(description: result.error) }
        return result.output.split(separator: "\n").map(String.init)
    }

    /// Ends the server: SIGTERM, or SIGKILL as a crash does.
    public func stop(with signal: Int32 = SIGTERM) {
        guard
            let running = server.update({ server in
                defer { server = nil }
                return server
            })
        else { return }
        kill(running.pid, signal)
        _ = running.wait(atMost: .seconds(60))
    }

    /// The server's address, with a database.
    public func address(_ rest: String = "test", user: String? = nil) -> String {
        "mongodb://\(user.map { $0 + "@" } ?? "")127.0.0.1:\(port)/\(rest)"
    }

    /// Waits until the server has ended by itself. Returns whether it did within a minute.
    public func hasEnded() -> Bool {
        guard let running = server.read({ $0 }) else { return true }
        _ = running.wait(atMost: .seconds(60))
        return !running.isRunning
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }
}
