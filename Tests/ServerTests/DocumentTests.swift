#if Server
    import CoreMetrics
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// Tests the OpenAPI document and the metrics format.
    @Suite struct DocumentTests {
        /// Every path of the document exists and accepts exactly the methods listed.
        @Test func theDocumentNamesWhatThereIs() async throws {
            let server = try await RunningServer()
            let document = try await server.get("/openapi.json").json
            #expect(document["openapi"]?.string == "3.1.0")
            guard case .object(let paths)? = document["paths"] else {
                throw SwiftwaterError(.malformedInput, "no paths")
            }
            #expect(paths.count == 22)
            for (path, methods) in paths {
                let real = path.replacing("{id}", with: "1").replacing("{item}", with: "1").replacing(
                    "{tag}", with: "%23a")
                let answer = try await server.send("OPTIONS", real)
                #expect(answer.status == 204, "\(path)")
                let allowed = Set((answer.headers["allow"] ?? "").split(separator: ", ").map(String.init))
                guard case .object(let members) = methods else { continue }
                let named = Set(members.map { $0.name.uppercased() })
                #expect(allowed.subtracting(["HEAD", "OPTIONS"]) == named, "\(path)")
                #expect(try await server.send("PUT", real, "{}").status == 405)
            }
            try await server.close()
        }

        @Test func metricsAreInPrometheusText() throws {
            let registry = MetricsRegistry()
            registry.describe("requests_total", "Requests.")
            let counter = Counter(
                label: "requests", dimensions: [("path", "a\"b\\c\nd"), ("code", "200")], factory: registry)
            counter.increment(by: 3)
            Gauge(label: "depth.of queue", factory: registry).record(2.5)
            let timer = Timer(label: "latency", factory: registry)
            timer.recordNanoseconds(3_000_000)
            timer.recordNanoseconds(20_000_000_000)
            let lines = registry.text.split(separator: "\n").map(String.init)
            #expect(lines.contains("# HELP requests_total Requests."))
            #expect(lines.contains(#"requests_total{code="200",path="a\"b\\c\nd"} 3"#))
            #expect(lines.contains("depth_of_queue 2.5"))
            #expect(lines.contains(#"latency_seconds_bucket{le="0.0025"} 0"#))
            #expect(lines.contains(#"latency_seconds_bucket{le="0.005"} 1"#))
            #expect(lines.contains(#"latency_seconds_bucket{le="+Inf"} 2"#))
            #expect(lines.contains("latency_seconds_count 2"))
            #expect(lines.contains("latency_seconds_sum 20.003"))
        }

        private static let hasPromtool = (try? Program.shell("command -v promtool").status) == 0

        @Test(
            .enabled(if: hasPromtool, "needs promtool, of Debian's prometheus"),
            .enabled(if: !Sanitizer.isAddress, Comment(rawValue: Sanitizer.startsProgram)))
        func prometheusTakesTheMetrics() async throws {
            let server = try await RunningServer()
            _ = try await server.send("POST", "/v1/posts", "a #tag\n", type: "text/plain")
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"5","item":"1","rating":4}"#)
            _ = try await server.get("/nothing")
            try server.step()
            let folder = try TemporaryDirectory()
            let path = try folder.write("metrics", try await server.get("/metrics").text)
            let check = try Program.shell("promtool check metrics < \(path)")
            #expect(check.status == 0, "\(check.output)\(check.error)")
            #expect(check.output.isEmpty && check.error.isEmpty, "\(check.output)\(check.error)")
            try await server.close()
        }
    }
#endif
