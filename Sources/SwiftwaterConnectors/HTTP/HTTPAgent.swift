#if Services
    import NIOHTTP1
    import SwiftwaterCore
    import SwiftwaterFormats

    /// What every client of a live service does.
    enum HTTPAgent {
        /// The name under which it asks.
        static let name = "swiftwater"
        /// The part of a refusal's body that is read.
        static let wordsMaxBytes = 4096

        /// Returns what a body says, on one line.
        static func words(_ body: [UInt8]) -> String {
            String(decoding: body, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }

        /// Returns the time that a service asks to wait: `Retry-After` in seconds or as a date, or X's time of reset.
        static func retryAfter(_ headers: HTTPHeaders) -> Duration? {
            let now = SystemClock().instant()
            if let text = headers.first(name: "retry-after") {
                if let seconds = Int64(text) { return .seconds(max(0, min(seconds, 86_400))) }
                if let time = Timestamp.milliseconds(text) {
                    return min(max(.zero, .milliseconds(time) - now), .seconds(86_400))
                }
            }
            if let text = headers.first(name: "x-rate-limit-reset"), let time = Int64(text) {
                return min(max(.zero, .seconds(time) - now), .seconds(86_400))
            }
            return nil
        }
    }
#endif
