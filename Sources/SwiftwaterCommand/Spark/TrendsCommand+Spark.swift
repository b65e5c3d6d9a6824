#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension PostSource {
        /// The source as the cluster reads it.
        func sparkPosts() throws -> SparkPosts {
            switch self {
            case .socket(let host, let port): .socket(host: host, port: port)
            case .files(let directory): .files(directory: directory)
            case .archive(let path): .archive(path: path)
            case .kafka(_, let address): .kafka(brokers: address.brokers, topic: address.topics[0])
            case .rate(let count): .rate(perSecond: count)
            case .acknowledged, .push, .live, .followed, .mongo:
                throw SwiftwaterError(
                    .unsupported, "a cluster does not read this source", remedy: "use socket:// or files:")
            }
        }
    }

    extension TrendsCommand {
        /// Prepares the job for a Spark cluster.
        ///
        /// - Throws: `unsupported` for what only this machine does.
        func sparkTrends() throws -> SparkTrends {
            for (isUsed, what) in [
                (totals, "--totals"), (traceBatches != nil, "--trace-batches"), (batches != nil, "--batches"),
                (durability.deadLetter != nil, "--dead-letter"),
                (durability.checkpointInterval != nil, "--checkpoint-interval"),
                (!durability.checkpointDrop.isEmpty, "--checkpoint-drop"),
                (!durability.checkpointRename.isEmpty, "--checkpoint-rename"),
                (trending.ignore != nil, "--ignore"), (trending.allow != nil, "--allow"),
                (trending.enrichment.enrich != nil, "--enrich"), ((trending.rememberIds ?? 0) > 0, "--remember-ids"),
                (trending.keysMax != TrendingSettings().keysMax, "--keys-max"),
                (lineLengthMaxBytes != LineLimits().lineLengthMaxBytes, "--line-length-max-bytes"),
                (archiveBatchBytes != nil, "--archive-batch-bytes"), (metricsFile != nil, "--metrics-file"),
                (durability.commitInterval != nil, "--commit-interval"),
                (durability.storePatience != nil, "--store-patience"),
                (durability.checkpoint != nil && source.archivePath != nil, "--checkpoint with file:"),
                (query != nil && source.archivePath != nil, "--query with file:"),
            ] where isUsed {
                throw SwiftwaterError(
                    .unsupported, "\(what) does not work on a Spark cluster", remedy: "leave it out, or run here")
            }
            var settings = try trending.settings(window: window.duration, slide: slide?.duration, archive: nil)
            // Windows by arrival move on by the batch interval, as here.
            if slide == nil, !trending.eventTime { settings.slide = batch.duration }
            settings.limit =
                top == 0 || !sink.isEmpty && rowsOfSinks == 0 ? 0 : max(top, sink.isEmpty ? 0 : rowsOfSinks)
            return try SparkTrends(settings, of: source.sparkPosts())
        }

        func runOnCluster() async throws {
            let trends = try sparkTrends()
            let console = Console()
            if stopQuery { return try await stop(console) }
            let output = try SparkTableOutput(
                sink, sinkTop: rowsOfSinks, TrendingView(console: console, top: top, isJSON: json))
            if source.archivePath != nil {
                let session = try await SparkTraining.session(master, console)
                return try await SparkInterrupt.run(session, console) {
                    let found = try await trends.tables(in: session)
                    console.endProgress()
                    for table in found.tables { try output.write(table) }
                    SparkQuery.report(found.unreadableLines, console)
                    guard !found.tables.isEmpty else {
                        throw SwiftwaterError(
                            .malformedInput, "no post could be read",
                            remedy: "on a cluster, posts are plain lines or lines of relay --format posts, with times")
                    }
                }
            }
            try await follow(trends, output, console)
        }

        /// Shows the tables of a streaming query until it ends or a signal arrives. If Spark is restarted, the query is
        /// started again from its checkpoint.
        private func follow(_ trends: SparkTrends, _ output: SparkTableOutput, _ console: Console) async throws {
            let query = SparkQuery(command: self, trends: trends, output: output, console: console)
            let running = Task { try await query.run() }
            let isStopped = Monitor(false)
            let signals = StopSignals {
                isStopped.update { $0 = true }
                running.cancel()
            }
            defer { withExtendedLifetime(signals) {} }
            do { try await running.value } catch {
                guard isStopped.read({ $0 }) else { throw error }
            }
            console.endProgress()
        }

        /// The session of a named query, which another run of the command finds again.
        func sessionAddress() -> String {
            guard let query, !master.contains("session_id=") else { return master }
            func hash(_ salt: String) -> String {
                let text = Array("swiftwater trends \(salt) \(query)".utf8)
                let hex = String(text.withUnsafeBytes { StableHasher.hash($0) }, radix: 16)
                return String(repeating: "0", count: 16 - hex.count) + hex
            }
            let (first, second) = (hash("a"), hash("b"))
            let id = [
                first.prefix(8), first.dropFirst(8).prefix(4), "4" + first.suffix(3), "8" + second.prefix(3),
                second.suffix(12),
            ].joined(separator: "-")
            return master + (master.contains("/;") ? ";" : "/;") + "session_id=\(id)"
        }

        private func stop(_ console: Console) async throws {
            let session = try await SparkSession(sessionAddress())
            let stream = try await session.stream(named: query!)
            guard let stream else {
                await session.leave()
                throw SwiftwaterError(
                    .notFound, "no query named '\(query!)' runs on the cluster", remedy: "it may have ended by itself")
            }
            try await stream.stop()
            await session.leave()
            try console.line("the query '\(query!)' was stopped")
        }
    }
#endif
