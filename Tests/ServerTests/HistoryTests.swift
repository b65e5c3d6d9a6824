#if Server
    import Foundation
    import GRDB
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// The file of the charts holds nobody up, whatever becomes of it.
    @Suite struct HistoryTests {
        private let folder = try! TemporaryDirectory()

        private func post(_ server: RunningServer, _ number: Int) async throws {
            let answer = try await server.send("POST", "/v1/posts", "post \(number) #tag", type: "text/plain")
            #expect(answer.status == 202)
            try server.step()
        }

        /// Another program locks the file: tables go on, other requests are answered at once, and the windows are
        /// stored when it is free again.
        @Test func requestsAreAnsweredWithinBoundsWhoeverLocksTheFile() async throws {
            let path = folder.file("windows.db")
            let warnings = Monitor<[String]>([])
            let server = try await RunningServer(hasModel: false, history: path, warnings: warnings)
            try await post(server, 0)
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            let clock = SystemClock()
            for number in 1...3 {
                let begin = clock.elapsed()
                try await post(server, number)
                #expect(clock.elapsed() - begin < .seconds(5 * Sanitizer.slowdown))
                let asked = clock.elapsed()
                #expect(try await server.get("/healthz").status == 200)
                #expect(clock.elapsed() - asked < .seconds(Sanitizer.slowdown))
            }
            #expect(try await server.get("/metrics").text.contains("swiftwater_history_waiting_windows 3\n"))
            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try await post(server, 4)
            let chart = try await server.get("/v1/trends/%23tag/history").json
            #expect(chart["history"]?.array?.count == 5, "\(chart)")
            #expect(try await server.get("/metrics").text.contains("swiftwater_history_waiting_windows 0\n"))
            try await server.close()
            let said = warnings.read { $0 }
            #expect(said.filter { $0.contains("windows cannot be written") }.count == 1, "\(said)")
            #expect(said.filter { $0.contains("written again; 0 windows are missing") }.count == 1, "\(said)")
        }

        /// Damage that shows only while the server runs: charts fail, and nothing else.
        @Test func aDamagedFileHurtsOnlyTheCharts() async throws {
            let path = folder.file("windows.db")
            let first = try await RunningServer(hasModel: false, history: path)
            for number in 0..<40 { try await post(first, number) }
            try await first.close()
            let queue = try DatabaseQueue(path: path)
            _ = try queue.writeWithoutTransaction { try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try queue.close()
            var bytes = try LocalFileSystem().read(path)
            try #require(bytes.count > 3 * 4096)
            for index in 4096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
            try Data(bytes).write(to: URL(filePath: path))
            let warnings = Monitor<[String]>([])
            let server: RunningServer
            do {
                server = try await RunningServer(hasModel: false, history: path, warnings: warnings)
            } catch let error as SwiftwaterError {
                #expect(error.code == .corrupted && error.location?.file == path)
                return
            }
            for number in 0..<5 { try await post(server, number) }
            #expect(try await server.get("/v1/trends").text.contains("#tag"))
            try await server.close()
            let said = warnings.read { $0 }
            #expect(said.contains { $0.contains(path) && $0.contains("move the file away") }, "\(said)")
        }

        /// What is not a database is refused at the start, with what to do.
        @Test func anotherFileIsRefused() async throws {
            let path = try folder.write("windows.db", String(repeating: "not a database\n", count: 1000))
            let error = await #expect(throws: SwiftwaterError.self) {
                _ = try await RunningServer(hasModel: false, history: path)
            }
            #expect(error?.code == .corrupted && error?.location?.file == path)
            #expect(error?.remedy?.contains("move the file away") == true)
        }

        /// If the user allows it, what cannot be read is kept under another name, and new charts begin.
        @Test func damageIsSetAsideIfAllowed() async throws {
            let path = try folder.write("windows.db", String(repeating: "not a database\n", count: 1000))
            var settings = ServeSettings()
            settings.setsAsideDamagedHistory = true
            for round in 0..<2 {
                let warnings = Monitor<[String]>([])
                let server = try await RunningServer(settings, hasModel: false, history: path, warnings: warnings)
                for number in 0..<2 - round { try await post(server, number) }
                let chart = try await server.get("/v1/trends/%23tag/history").json
                #expect(chart["history"]?.array?.count == 2, "\(chart)")
                try await server.close()
                #expect(warnings.read { $0 }.filter { $0.contains("a new history begins") }.count == 1 - round)
            }
            #expect(try String(contentsOfFile: path + ".damaged-1", encoding: .utf8).hasPrefix("not a database"))
        }
    }
#endif
