import Foundation
import SwiftwaterCore
import SwiftwaterPlatform
import TestSupport

/// A PostgreSQL server of a test's own, on a free port of the loopback, with the password `s3cret` for its user
/// `postgres`. Needs Debian's `postgresql`.
public final class PostgreSQLServer: @unchecked Sendable {
    /// The folder of the server's programs; nil if it is not installed.
    private static let programs = (10...30).reversed().map { "/usr/lib/postgresql/\($0)/bin" }.first {
        FileManager.default.isExecutableFile(atPath: $0 + "/initdb")
    }
    /// Whether the server is installed.
    public static var isInstalled: Bool { programs != nil }
    /// What to install.
    public static let missing = "needs PostgreSQL (Debian's postgresql)"

    /// The port.
    public let port: Int
    /// A file in the form of `PGPASSFILE` with the passwords of all servers: tests that run at the same time share the
    /// environment that names it.
    public var passwordFile: String { Self.passwords.path }
    private static let passwords = Passwords()
    private let folder: TemporaryDirectory
    private var data: String { folder.file("data") }

    /// Makes a database cluster and starts the server.
    ///
    /// - Parameter settings: lines of `postgresql.conf`.
    public init(settings: [String] = []) throws {
        folder = try TemporaryDirectory()
        port = try FreePort.choose()
        try folder.write("password", "s3cret\n")
        try Self.passwords.set("s3cret", port: port)
        if geteuid() == 0 {
            // The server refuses to run as root.
            _ = try Self.shell("chown -R postgres '\(folder.path)'")
        }
        try run(
            "initdb -D '\(data)' -U postgres -A scram-sha-256 --pwfile='\(folder.file("password"))' --no-sync -E UTF8 --locale=C"
        )
        let lines =
            [
                "listen_addresses='127.0.0.1'", "port=\(port)", "unix_socket_directories='\(folder.path)'", "fsync=off",
                "shared_buffers=16MB",
            ] + settings
        let setup = lines.map { "echo \"\($0)\" >> '\(data)/postgresql.conf'" }.joined(separator: "; ")
        _ = try Self.shell(setup)
        try start()
    }

    deinit { try? stop(at: "immediate") }

    /// Starts the server, and waits until it answers.
    public func start() throws {
        let command = "exec \(Self.programs!)/postgres -D '\(data)'"
        let server = try Program(
            executable: URL(filePath: "/bin/sh"), ["-c", asOwner(command)], input: nil,
            environment: ProcessInfo.processInfo.environment)
        // The server's own process, not the one that changed the user, ends fast.
        server.endAtExit(with: SIGTERM)
        guard server.waitForOutput({ $1.contains("ready to accept connections") ? () : nil }) != nil else {
            throw Failure(description: "PostgreSQL did not start: \(server.wait(atMost: .zero).error)")
        }
    }

    /// Stops the server: `fast`, or `immediate`, which leaves it as a crash does.
    public func stop(at speed: String = "fast") throws {
        try run("pg_ctl -D '\(data)' -m \(speed) -w stop > /dev/null")
    }

    /// Runs SQL with PostgreSQL's own client, and returns the rows, with `|` between their values.
    @discardableResult
    public func query(_ sql: String, database: String = "postgres") throws -> [String] {
        let file = try folder.write("query-\(UUID().uuidString).sql", sql)
        let result = try Self.shell(
            "PGPASSFILE='\(passwordFile)' '\(Self.programs!)/psql' -h 127.0.0.1 -p \(port) -U postgres -d \(database) "
                + "-v ON_ERROR_STOP=1 -AtX -f '\(file)'")
        return result.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    /// The server's address.
    public func address(_ parameters: String = "", database: String = "postgres", user: String = "postgres") -> String {
        "postgresql://\(user)@127.0.0.1:\(port)/\(database)\(parameters)"
    }

    private func run(_ command: String) throws {
        _ = try Self.shell(asOwner("\(Self.programs!)/\(command)"))
    }

    /// Returns a command as the user who may run the server.
    private func asOwner(_ command: String) -> String {
        guard geteuid() == 0 else { return command }
        return "cd / && exec runuser -u postgres -- sh -c \"\(command.replacing("\"", with: "\\\""))\""
    }

    /// Changes the password in the file, not in the server.
    public func setPasswordInFile(_ password: String) throws { try Self.passwords.set(password, port: port) }

    /// The passwords of all servers, by their ports.
    private final class Passwords: Sendable {
        private let folder = try! TemporaryDirectory()
        private let known = Monitor<[Int: String]>([:])
        var path: String { folder.file("pgpass") }

        func set(_ password: String, port: Int) throws {
            try known.update { known in
                known[port] = password
                let lines = known.sorted { $0.key < $1.key }.map { "127.0.0.1:\($0.key):*:postgres:\($0.value)\n" }
                let new = try folder.write("pgpass.new", lines.joined())
                chmod(new, 0o600)
                rename(new, path)
            }
        }
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }

    private static func shell(_ command: String) throws -> String {
        let result = try Program.shell(command)
        guard result.status == 0 else {
            throw Failure(description: "\(command): \(result.status) \(result.output) \(result.error)")
        }
        return result.output
    }
}
