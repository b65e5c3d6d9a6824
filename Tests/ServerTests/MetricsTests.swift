#if Server
    import CoreMetrics
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import Testing

    /// Tests the text of `/metrics`.
    @Suite struct MetricsTests {
        private func lines(_ text: String, of name: String) -> [String] {
            text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(name) }
        }

        /// A gauge shows its last value, recorders and timers show all values, and a counter shows the sum.
        @Test func eachKindHasItsMeaning() {
            let registry = MetricsRegistry()
            for value in [5.0, 7, 3] {
                Gauge(label: "level", factory: registry).record(value)
                Recorder(label: "sizes", factory: registry).record(value)
                Meter(label: "depth", factory: registry).set(value)
                Counter(label: "seen", factory: registry).increment(by: Int64(value))
                Timer(label: "spent", factory: registry).recordSeconds(value)
            }
            let text = registry.text
            #expect(lines(text, of: "level") == ["level 3"])
            #expect(lines(text, of: "depth") == ["depth 3"])
            #expect(lines(text, of: "seen_total") == ["seen_total 15"])
            #expect(lines(text, of: "sizes_sum") == ["sizes_sum 15"])
            #expect(lines(text, of: "sizes_count") == ["sizes_count 3"])
            #expect(lines(text, of: "spent_seconds_bucket{le=\"5\"}") == ["spent_seconds_bucket{le=\"5\"} 2"])
            #expect(text.contains("# TYPE level gauge\n") && text.contains("# TYPE sizes histogram\n"))
        }

        @Test func labelsAreEscaped() {
            let registry = MetricsRegistry()
            Counter(label: "x", dimensions: [("who", "a\"b\\c\r\nd")], factory: registry).increment()
            #expect(lines(registry.text, of: "x_total") == ["x_total{who=\"a\\\"b\\\\c\r\\nd\"} 1"])
        }

        @Test func seriesAreBounded() {
            let registry = MetricsRegistry()
            for number in 0..<10_003 {
                Counter(label: "x", dimensions: [("n", "\(number)")], factory: registry).increment()
            }
            #expect(lines(registry.text, of: "x_total{").count == 10_000)
            #expect(
                lines(registry.text, of: "swiftwater_metrics_dropped_total") == ["swiftwater_metrics_dropped_total 3"])
        }

        /// Repeated requests and more batches do not change gauges whose value is the same.
        @Test func gaugesDoNotGrowByBeingAsked() async throws {
            let server = try await RunningServer()
            let last = Monitor(0.0)
            server.trends.context.onBatchCompleted { batch in last.update { $0 = batch.totalDelay.inSeconds } }
            for _ in 0..<3 {
                _ = try await server.send("POST", "/v1/posts", "a #tag\n", type: "text/plain")
                try server.step()
            }
            _ = try await server.get("/metrics")
            let text = try await server.get("/metrics").text
            for name in ["swiftwater_model_generation", "swiftwater_batch_interval_seconds"] {
                #expect(lines(text, of: name) == ["\(name) 1"])
            }
            let start = try #require(lines(text, of: "swiftwater_start_time_seconds").first?.split(separator: " ").last)
            #expect(abs(try #require(Double(start)) - Date().timeIntervalSince1970) < 600)
            let lag = try #require(lines(text, of: "swiftwater_batch_lag_seconds").first?.split(separator: " ").last)
            #expect(try #require(Double(lag)) == last.read { $0 })
            try await server.close()
        }
    }
#endif
