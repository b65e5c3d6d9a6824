#if Server
    import SwiftwaterCore
    import SwiftwaterLive
    import SwiftwaterStreaming

    extension TrendService {
        /// Adds the ratings of a stream of lines to the recommender, in order: `user,item,rating`, or
        /// `{"user":"7","item":"42","rating":4.5}`. Other lines, and ratings outside the range of the model, do not
        /// count, and the log says how many there were, with an example. The heading of a CSV file is left out.
        ///
        /// After `kill -9`, a batch may be added again. Since the last rating of an item by a user is the one that
        /// counts, that changes nothing, unless the same user has rated the same item over HTTP in between.
        public func rate(_ lines: DStream<Text>, name: String, into service: RecommendationService) {
            let (metrics, hub) = (metrics, hub)
            let (engine, clock) = (context.engine, SystemClock())
            lines.forEachBatch(name: "ratings \(name)") { [ratingLines] rdd, time in
                let lines = try rdd.collect()
                ratingLines.update { $0[time, default: 0] += lines.count }
                var events: [RatingEvent] = []
                var (refused, sample) = (0, "")
                for line in lines where !line.isEmpty {
                    do {
                        if let event = try RatingLine.parse(line, service.ratingRange) { events.append(event) }
                    } catch {
                        refused += 1
                        if refused == 1 { sample = "\(error)" }
                    }
                }
                if refused > 0 {
                    engine.warn(
                        "\(name): \(refused) \(refused == 1 ? "line is not a rating" : "lines are not ratings"), for "
                            + "example: \(sample)")
                }
                guard !events.isEmpty else { return }
                let begin = clock.elapsed()
                try service.live.rateBlocking(events)
                metrics.count(ratings: events.count, clock.elapsed() - begin)
                hub.broadcast()
            }
        }
    }
#endif
