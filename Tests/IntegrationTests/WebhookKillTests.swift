#if Services
    import Foundation
    import HTTPTestSupport
    import SwiftwaterCore
    import SwiftwaterFormats
    import TestSupport
    import Testing

    extension KillTests {
        /// Each batch is sent to a webhook, whatever is killed; one that comes again has the same id and the same rows.
        /// The receiver fails now and then, before it takes a message and after.
        @Test func batchesAreOnceByTheirIdsInAWebhook() throws {
            let taken = Monitor<[String: String]>([:])
            let (differing, doubled) = (Monitor<[String]>([]), Monitor(0))
            let server = try ScriptedHTTPServer { request, number in
                if number % 37 == 5 { return .init(status: 503) }
                let id = request.headers.first { $0.name.lowercased() == "webhook-id" }?.value ?? ""
                taken.update { taken in
                    if let known = taken[id] {
                        doubled.update { $0 += 1 }
                        if known != request.body { differing.update { $0.append(id) } }
                    }
                    taken[id] = request.body
                }
                return number % 41 == 7 ? .init(isCut: true) : .init()
            }
            defer { server.stop() }
            setenv("SWIFTWATER_SINK_SECRET", "s3cret", 1)
            let trace = try runAcknowledged(seed: 12, sinks: [server.url + "/hook"])
            #expect(differing.read { $0 }.isEmpty)
            let folder = try TemporaryDirectory()
            for (_, body) in taken.read({ $0 }).sorted(by: { $0.key < $1.key }) {
                let json = try JSONValue(parsing: body)
                let name = try #require(json["output"]?.string).hasPrefix("trending") ? "trending" : "totals"
                let rows = (json["rows"]?.array ?? []).map { JSONWriter.string($0) + "\n" }.joined()
                try folder.write("\(name)-\(try #require(json["batch"]?.integer)).ndjson", rows)
            }
            print("webhook: \(taken.read { $0.count }) batches, \(doubled.read { $0 }) sent twice")
            try trace.compareFiles(in: folder.path)
        }
    }
#endif
