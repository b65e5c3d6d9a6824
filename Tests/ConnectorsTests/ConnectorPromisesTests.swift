import Foundation
import GRDB
import Swiftwater
import SwiftwaterTesting
import TestSupport
import Testing

/// Checks that every connector keeps the promises of its protocol.
@Suite struct ConnectorPromisesTests {
    @Test(arguments: FileSink.Format.allCases)
    func fileSinks(format: FileSink.Format) throws {
        let folder = try TemporaryDirectory()
        let broken = try ConnectorChecks.sink(make: { FileSink(directory: folder.file("out"), format: format) }) {
            output, time in
            let path = FileSink(directory: folder.file("out"), format: format).path(output: output, time)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            return lines.count - (format == .csv ? 1 : 0)
        }
        #expect(broken.isEmpty)
    }

    @Test func sqliteSinks() throws {
        let folder = try TemporaryDirectory()
        let broken = try ConnectorChecks.sink(make: { try SQLiteSink(path: folder.file("sink.db")) }) { output, time in
            try DatabaseQueue(path: folder.file("sink.db")).read {
                try Int.fetchOne(
                    $0, sql: "SELECT count(*) FROM \(output.quotedDatabaseIdentifier) WHERE batch = ?",
                    arguments: [time.milliseconds]) ?? 0
            }
        }
        #expect(broken.isEmpty)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("notes.txt", String(repeating: "these are notes, not a database\n", count: 100))
        let error = #expect(throws: SwiftwaterError.self) { try SQLiteSink(path: path) }
        #expect(error?.code == .malformedInput)
    }

    @Test func directories() throws {
        let folder = try TemporaryDirectory()
        let number = Monitor(0)
        let broken = try ConnectorChecks.replayable(make: { DirectorySource(directory: folder.path) }) { lines in
            let name = number.update { number in
                number += 1
                return "f\(number).txt"
            }
            try folder.write("." + name, lines.joined(separator: "\n") + "\n")
            try FileManager.default.moveItem(atPath: folder.file("." + name), toPath: folder.file(name))
        }
        #expect(broken.isEmpty)
    }

    @Test func sockets() async throws {
        let server = try ScriptedTextServer()
        defer { server.stop() }
        let broken = try await ConnectorChecks.receiver(
            stream: { $0.socketTextStream(host: "127.0.0.1", port: server.port) },
            send: { text, ends in try server.sendToNext(text, ends: ends) })
        #expect(broken.isEmpty)
    }
}
