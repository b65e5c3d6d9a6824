import Foundation
import GRDB
import Swiftwater
import TestSupport
import Testing

/// Joins posts with a table of authors from each kind of file, through the whole job.
@Suite struct EnrichmentTests {
    static func file(_ kind: String, in folder: TemporaryDirectory) throws -> String {
        let authors = [("1", "Wien", "true"), ("2", "Graz", "false"), ("3", "Wien", "false"), ("4", "", "true")]
        switch kind {
        case "csv":
            let rows = authors.map { "\($0.1),\($0.0),\($0.2)\n" }
            return try folder.write("authors.csv", "place,id,verified\n" + rows.joined())
        case "ndjson":
            let rows = authors.map { #"{"id":\#($0.0),"place":"\#($0.1)","verified":\#($0.2)}"# + "\n" }
            return try folder.write("authors.ndjson", rows.joined())
        default:
            let database = try DatabaseQueue(path: folder.file("authors.db"))
            try database.write { database in
                try database.execute(sql: "CREATE TABLE people (id INTEGER, place TEXT, verified TEXT)")
                for (id, place, verified) in authors {
                    try database.execute(
                        sql: "INSERT INTO people VALUES (?, ?, ?)", arguments: [Int(id), place, verified])
                }
            }
            try database.close()
            return folder.file("authors.db")
        }
    }

    @Test(arguments: ["csv", "ndjson", "sqlite"])
    func authorsAreJoinedWithWhatIsKnownOfThem(kind: String) async throws {
        let folder = try TemporaryDirectory()
        let path = try Self.file(kind, in: folder)
        #expect(TrendEnrichment.isSQLite(path) == (kind == "sqlite"))
        let enrichment =
            kind == "sqlite"
            ? try TrendEnrichment.read(sqlite: path, table: "people", key: "id", columns: ["place", "verified"])
            : try TrendEnrichment.read(path, key: "id", columns: ["place", "verified"])

        // Author 5 is unknown; the post of author 2 is deleted.
        let posts = [1, 1, 2, 3, 4, 5].enumerated().map { number, author in
            Text(#"{"id_str":"\#(number)","text":"in the sun #lake","user":{"id":\#(author)}}"#)
        }
        let deletion = Text(#"{"delete":{"status":{"id_str":"2"}}}"#)
        var stream = StreamSettings()
        stream.isStepped = true
        let context = StreamingContext(
            Context(master: .local(threads: 2), appName: "enrichment"), batchInterval: .seconds(1), settings: stream)
        var settings = TrendingSettings()
        (settings.window, settings.slide) = (.seconds(1), .seconds(1))
        let tables = Collected<TrendingTable>()
        context.queueStream([posts + [deletion]]).trending(settings, enrichment: enrichment)
            .forEachBatch { rdd, _ in for table in try rdd.collect() { tables.append(table) } }
        try await context.start()
        try context.step()
        try await context.stop()

        let groups = tables.all.first?.rows.first?.groups?.map { "\($0.column) \($0.value) \($0.count)" }
        #expect(groups == ["place Wien 3", "verified true 3", "verified false 1"])
    }

    @Test func aMissingTableOrColumnIsNamed() throws {
        let folder = try TemporaryDirectory()
        let path = try Self.file("sqlite", in: folder)
        for (table, column) in [("nobody", "place"), ("people", "nothing")] {
            let error = #expect(throws: SwiftwaterError.self) {
                try TrendEnrichment.read(sqlite: path, table: table, key: "id", columns: [column])
            }
            #expect(error?.message.contains(table == "nobody" ? "nobody" : "nothing") == true)
        }
    }
}
