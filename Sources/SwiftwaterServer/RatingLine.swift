#if Server
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive

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
            guard event.user.isIdentifier, event.item.isIdentifier else {
                throw Refusal(description: "an id that does not have \(String.identifierRule)")
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
