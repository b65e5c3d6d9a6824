#if Server
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive
    import SwiftwaterStreaming

    extension TrendService {
        /// Adds the ratings of a stream of lines to the recommender, in order: `user,item,rating`, or
        /// `{"user":"7","item":"42","rating":4.5}`. Other lines, and ratings outside the range of the model, do not
        /// count, and the log says how many there were, with an example. The heading of a CSV file is left out.
        ///
        /// After `kill -9`, a batch may be added again. Since the last rating of an item by a user is the one that counts,
        /// that changes nothing, unless the same user has rated the same item over HTTP in between.
        public func rate(_ lines: DStream<Text>, name: String, into service: RecommendationService) {
            let (metrics, hub) = (metrics, hub)
            let (engine, clock) = (context.engine, SystemClock())
            lines.forEachBatch(name: "ratings \(name)") { rdd, _ in
                var events: [RatingEvent] = []
                var (refused, sample) = (0, "")
                for line in try rdd.collect() where !line.isEmpty {
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

    /// A line with a rating.
    enum RatingLine {
        private struct Refusal: Error, CustomStringConvertible { let description: String }

        /// Returns the rating of a line; nil for a heading.
        ///
        /// - Throws: what is wrong with the line.
        static func parse(_ line: Text, _ range: ClosedRange<Double>) throws -> RatingEvent? {
            let event = try line.hasPrefix("{") ? object(line) : fields(line)
            guard let event else { return nil }
            guard range.contains(Double(event.rating)) else {
                throw Refusal(
                    description: "the rating \(event.rating), where this model takes \(range.lowerBound) to "
                        + "\(range.upperBound)")
            }
            guard event.user.utf8.count <= 1000, event.item.utf8.count <= 1000 else {
                throw Refusal(description: "an id of more than 1000 bytes")
            }
            return event
        }

        private static func object(_ line: Text) throws -> RatingEvent {
            let json = try JSONValue(parsing: String(line))
            guard let user = json["user"]?.id, let item = json["item"]?.id, let rating = json["rating"]?.double,
                Float(rating).isFinite
            else { throw refusal(line) }
            return RatingEvent(user: user, item: item, rating: Float(rating))
        }

        private static func fields(_ line: Text) throws -> RatingEvent? {
            if let event = RatingEvent(line: line) { return event }
            let words = String(line).lowercased().split(separator: ",").map {
                $0.trimmingCharacters(in: .init(charactersIn: "\" "))
            }
            guard words.count >= 3, words[2] == "rating" else { throw refusal(line) }
            return nil
        }

        private static func refusal(_ line: Text) -> Refusal {
            Refusal(description: "'\(TerminalText.safe(String(String(line).prefix(80))))'")
        }
    }
#endif
