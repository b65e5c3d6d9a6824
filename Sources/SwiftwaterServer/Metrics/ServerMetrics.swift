#if Server
    import CoreMetrics
    import SwiftwaterCore
    import SwiftwaterStorage
    import SwiftwaterStreaming

    /// The metrics of the server; `docs/OPERATIONS.md` says what each one means and when to alert.
    final class ServerMetrics: Sendable {
        let registry: MetricsRegistry
        private let requests = Monitor<[String: (counter: Counter, timer: Timer)]>([:])
        private let batches: Counter
        private let posts: Counter
        private let lag: Gauge
        private let processing: Timer
        private let ratings: Counter
        private let commits: Timer
        private let stores = Monitor<[String: StoreTraffic.Counts]>([:])

        init(_ registry: MetricsRegistry) {
            self.registry = registry
            batches = Counter(label: "swiftwater_batches", factory: registry)
            posts = Counter(label: "swiftwater_posts", factory: registry)
            lag = Gauge(label: "swiftwater_batch_lag_seconds", factory: registry)
            processing = Timer(label: "swiftwater_batch_processing_seconds", factory: registry)
            ratings = Counter(label: "swiftwater_ratings", factory: registry)
            commits = Timer(label: "swiftwater_rating_commit_seconds", factory: registry)
            for (name, text) in Self.help { registry.describe(name, text) }
            for metric in StoreMetric.all { registry.describe(metric.name, metric.help) }
        }

        private static let help = [
            ("swiftwater_http_requests_total", "Requests answered, by route and status."),
            ("swiftwater_http_request_seconds", "Time from a request's head to its response, by route."),
            ("swiftwater_batches_total", "Completed batches of the stream."),
            ("swiftwater_posts_total", "Posts in completed batches."),
            ("swiftwater_source_connected", "Whether a live source is connected: 1 or 0."),
            ("swiftwater_source_posts_per_second", "Posts that a live source received, over the last ten seconds."),
            ("swiftwater_source_delay_seconds", "How far behind the clock a live source's newest post was."),
            ("swiftwater_source_gaps", "Times for which a live service did not send what it had."),
            ("swiftwater_source_gap_seconds", "The length of all gaps of a live source."),
            ("swiftwater_source_malformed_messages", "Messages of a live source that could not be read."),
            ("swiftwater_lookup_keys", "Authors that were looked up, once for each batch, by what came of it."),
            ("swiftwater_lookup_queries", "Queries for authors."),
            ("swiftwater_lookup_readable", "1 if authors can be looked up, 0 if not."),
            ("swiftwater_batch_lag_seconds", "Delay from the last batch's time until its tables were written."),
            ("swiftwater_batch_processing_seconds", "Processing time of batches."),
            ("swiftwater_ratings_total", "Ratings accepted and safe."),
            ("swiftwater_rating_commit_seconds", "Time until the ratings of a request were safe and visible."),
            ("swiftwater_batch_interval_seconds", "The batch interval."),
            ("swiftwater_waiting_batches", "Batches waiting behind the last one."),
            ("swiftwater_checkpoint_age_seconds", "Time since the batch of the newest checkpoint; 0 without one."),
            ("swiftwater_event_clients", "Open event streams."),
            ("swiftwater_history_waiting_windows", "Windows that could not be written to windows.db yet."),
            ("swiftwater_ratings_storable", "1 if ratings can be stored, 0 if not."),
            ("swiftwater_live_ratings", "Ratings in the log, one per user-item pair."),
            ("swiftwater_live_users", "Users with ratings in the log."),
            ("swiftwater_model_generation", "Number of models since the start."),
            ("swiftwater_model_rmse", "RMSE of the last training, on held-out ratings."),
            ("swiftwater_training_running", "1 while a training is running, otherwise 0."),
            ("swiftwater_resident_bytes", "Resident memory of the process."),
            ("swiftwater_start_time_seconds", "Start time of the process, in seconds since 1970."),
        ]

        func count(route: String?, status: Int, _ duration: Duration) {
            let route = route ?? "none"
            let key = "\(status) \(route)"
            let known = requests.read { $0[key] }
            let (counter, timer) =
                known
                ?? requests.update { requests in
                    let made = (
                        Counter(
                            label: "swiftwater_http_requests", dimensions: [("route", route), ("status", "\(status)")],
                            factory: registry),
                        Timer(
                            label: "swiftwater_http_request_seconds", dimensions: [("route", route)], factory: registry)
                    )
                    requests[key] = made
                    return made
                }
            counter.increment()
            timer.recordNanoseconds(Int64(duration.inSeconds * 1e9))
        }

        func count(_ batch: BatchInformation) {
            batches.increment()
            posts.increment(by: batch.size.records)
            lag.record(batch.totalDelay.inSeconds)
            processing.recordNanoseconds(Int64(batch.processingTime.inSeconds * 1e9))
            gauge("swiftwater_waiting_batches", Double(batch.waitingBatches))
        }

        func count(ratings number: Int, _ duration: Duration) {
            ratings.increment(by: number)
            commits.recordNanoseconds(Int64(duration.inSeconds * 1e9))
        }

        /// Takes over what stores count themselves.
        func count(_ traffic: [(root: String, counts: StoreTraffic.Counts)]) {
            stores.update { known in
                for (root, counts) in traffic {
                    let before = known[root] ?? .init()
                    for metric in StoreMetric.all {
                        let dimensions = [("store", root)]
                        if metric.isCounter {
                            Counter(label: metric.name, dimensions: dimensions, factory: registry)
                                .increment(by: metric.value(counts) - metric.value(before))
                        } else {
                            Gauge(label: metric.name, dimensions: dimensions, factory: registry)
                                .record(metric.value(counts))
                        }
                    }
                    known[root] = counts
                }
            }
        }

        /// Takes over what sources count themselves.
        func count(_ report: SourceReport) {
            for (name, status) in report.sources {
                func gauge(_ metric: String, _ value: Double) {
                    Gauge(label: metric, dimensions: [("source", name)], factory: registry).record(value)
                }
                gauge("swiftwater_source_connected", status.link == .connected ? 1 : 0)
                gauge("swiftwater_source_posts_per_second", status.linesPerSecond)
                if let delay = status.delay { gauge("swiftwater_source_delay_seconds", delay.inSeconds) }
                if let behind = status.behind { gauge("swiftwater_source_behind_posts", Double(behind)) }
                gauge("swiftwater_source_gaps", Double(status.gaps))
                gauge("swiftwater_source_gap_seconds", status.gapTime.inSeconds)
                gauge("swiftwater_source_malformed_messages", Double(status.malformed))
            }
        }

        /// Takes over what a table beside the stream counts itself.
        func count(_ table: CachedTable) {
            let counts = table.statistics
            for (result, count) in [
                ("cached", counts.cached), ("found", counts.found), ("missing", counts.missing),
                ("failed", counts.failed), ("stale", counts.stale),
            ] {
                Gauge(label: "swiftwater_lookup_keys", dimensions: [("result", result)], factory: registry)
                    .record(Double(count))
            }
            gauge("swiftwater_lookup_queries", Double(counts.queries))
            gauge("swiftwater_lookup_readable", table.isReadable ? 1 : 0)
        }

        func gauge(_ name: String, _ value: Double) { Gauge(label: name, factory: registry).record(value) }
    }
#endif
