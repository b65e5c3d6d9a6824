#if SparkConnect
    import GRPCCore
    import SwiftwaterCore

    /// How often and when a failed call is tried again, as Spark's own clients do: 15 times, after 50 ms, then four
    /// times as long each time, up to a minute, and up to half a second more at random.
    package struct SparkRetries: Sendable {
        /// The number of retries.
        package var retriesMax = 15
        /// The pause before the first retry.
        package var firstPause = Duration.milliseconds(50)
        /// The longest pause.
        package var pauseMax = Duration.seconds(60)
        /// The longest addition at random.
        package var jitterMax = Duration.milliseconds(500)
        /// After this time without success, the server counts as gone.
        package var timeMax = Duration.seconds(600)

        /// Creates Spark's schedule.
        package init() {}

        /// Returns the pause before a retry, counted from 0.
        package func pause(before retry: Int, random: Double) -> Duration {
            var pause = firstPause
            for _ in 0..<min(retry, 16) where pause < pauseMax { pause *= 4 }
            pause = min(pause, pauseMax)
            // Short pauses are exact.
            return pause < .seconds(2) ? pause : pause + jitterMax * random
        }

        /// Whether an error may be gone in the next attempt.
        static func isRetryable(_ error: RPCError) -> Bool {
            switch error.code {
            case .unavailable: true
            // The server restarted the stream, or the connection broke in the middle of it.
            case .internalError: error.message.contains("INVALID_CURSOR.DISCONNECTED")
            case .unknown: error.message.contains("stream") && error.message.contains("clos")
            default: false
            }
        }

        /// Calls `body` until it succeeds, fails for good, or was tried too often.
        package func run<Result: Sendable>(
            _ clock: any StreamClock, _ body: @Sendable (Int) async throws -> Result
        ) async throws -> Result {
            let begin = clock.elapsed()
            var retry = 0
            while true {
                do { return try await body(retry) } catch let error as RPCError {
                    guard SparkRetries.isRetryable(error), retry < retriesMax, clock.elapsed() - begin < timeMax else {
                        throw error
                    }
                    try await Task.sleep(for: pause(before: retry, random: .random(in: 0..<1)))
                    retry += 1
                }
            }
        }
    }
#endif
