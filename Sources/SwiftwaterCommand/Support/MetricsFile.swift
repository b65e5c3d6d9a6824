import Swiftwater

/// A file with the metrics of a stream in Prometheus's text format (`text/plain; version=0.0.4`), as the textfile
/// collector of `node_exporter` reads it. The file is replaced whole after each batch, and while none ends every few
/// seconds, so that a stream that waits for a store shows it.
final class MetricsFile: Sendable {
    private struct State {
        var batches = 0
        var posts = 0
        var failures = 0
        var last: BatchInformation?
        var isOver = false
        var isReported = false
    }

    private static let pause: Duration = .seconds(5)
    private let path: String
    private let state = Monitor(State())

    init(path: String) throws {
        self.path = path
        try write()
    }

    /// Adds a batch, and writes the file.
    func count(_ batch: BatchInformation) {
        state.update { state in
            state.batches += 1
            state.posts += batch.size.records
            state.failures += batch.failure == nil ? 0 : 1
            state.last = batch
        }
        report()
    }

    /// Also writes the file while no batch ends, from a thread that ends with `end()`.
    func start() {
        SystemThread.start(named: "metrics") { [state, weak self] in
            while state.wait(atMost: MetricsFile.pause, for: { $0.isOver ? () : nil }) == nil { self?.report() }
        }
    }

    func end() {
        state.update { $0.isOver = true }
        report()
    }

    private func report() {
        do { try write() } catch {
            // A stream does not end because someone cannot look at it.
            let isNews = state.update { state in
                defer { state.isReported = true }
                return !state.isReported
            }
            if isNews { ErrorOutput.standard.write("swiftwater: the metrics are not written: \(error)\n") }
        }
    }

    private func write() throws {
        let file = try AtomicFile(path: path)
        try file.write(text)
        try file.commit()
    }

    var text: String {
        let now = state.read { $0 }
        var lines: [String] = []
        func family(_ name: String, _ kind: String, _ help: String, _ values: [(labels: String, value: Double)]) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(kind)"]
            for (labels, value) in values {
                let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
                lines.append("\(name)\(labels) \(number)")
            }
        }
        func single(_ name: String, _ kind: String, _ help: String, _ value: Double) {
            family(name, kind, help, [("", value)])
        }
        single("swiftwater_batches_total", "counter", "Completed batches of the stream.", Double(now.batches))
        single("swiftwater_posts_total", "counter", "Posts in completed batches.", Double(now.posts))
        single("swiftwater_batches_set_aside_total", "counter", "Batches that failed for good.", Double(now.failures))
        if let last = now.last {
            single(
                "swiftwater_batch_lag_seconds", "gauge",
                "Delay from the last batch's time until its tables were written.", last.totalDelay.inSeconds)
            single("swiftwater_waiting_batches", "gauge", "Batches behind the last one.", Double(last.waitingBatches))
            if let checkpoint = last.checkpoint {
                single(
                    "swiftwater_checkpoint_time_seconds", "gauge",
                    "Time of the batch of the newest checkpoint, in seconds since 1970.",
                    Double(checkpoint.milliseconds) / 1000)
            }
        }
        let stores = StoreRegistry.traffic
        if !stores.isEmpty {
            for metric in StoreMetric.all {
                family(
                    metric.name, metric.isCounter ? "counter" : "gauge", metric.help,
                    stores.map { ("{store=\"\(StoreMetric.label($0.root))\"}", Double(metric.value($0.counts))) })
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
