#if SparkConnect
    import GRPCCore
    import SwiftwaterCore
    import SwiftwaterSpark
    import Synchronization
    import Testing

    @Suite struct SparkRetriesTests {
        /// The schedule of Spark's own clients: 50 ms, four times as long each time, at most a minute; from two seconds on,
        /// up to half a second more.
        @Test func pausesGrow() {
            let retries = SparkRetries()
            let pauses = (0..<8).map { retries.pause(before: $0, random: 0) }
            let expected: [Duration] = [
                .milliseconds(50), .milliseconds(200), .milliseconds(800), .milliseconds(3200), .milliseconds(12_800),
                .milliseconds(51_200), .seconds(60), .seconds(60),
            ]
            #expect(pauses == expected)
            #expect(retries.pause(before: 1, random: 1) == .milliseconds(200))
            #expect(retries.pause(before: 3, random: 1) == .milliseconds(3700))
        }

        @Test func onlySomeErrorsAreTriedAgain() async throws {
            var retries = SparkRetries()
            (retries.firstPause, retries.pauseMax, retries.jitterMax) = (.zero, .zero, .zero)
            for (error, attempts) in [
                (RPCError(code: .unavailable, message: ""), 16),
                (RPCError(code: .internalError, message: "[INVALID_CURSOR.DISCONNECTED] x"), 16),
                (RPCError(code: .internalError, message: "[PARSE_SYNTAX_ERROR] x"), 1),
                (RPCError(code: .unauthenticated, message: ""), 1),
            ] {
                let count = Mutex(0)
                await #expect(throws: RPCError.self) {
                    try await retries.run(ManualClock()) { _ in
                        count.withLock { $0 += 1 }
                        throw error
                    }
                }
                #expect(count.withLock { $0 } == attempts, "\(error)")
            }
            let value = try await retries.run(ManualClock()) { retry in
                if retry < 3 { throw RPCError(code: .unavailable, message: "") }
                return retry
            }
            #expect(value == 3)
            // After ten minutes the server counts as gone, whatever the number of retries.
            let clock = ManualClock()
            let count = Mutex(0)
            await #expect(throws: RPCError.self) {
                try await retries.run(clock) { _ in
                    count.withLock { $0 += 1 }
                    clock.advance(by: .seconds(250))
                    throw RPCError(code: .unavailable, message: "")
                }
            }
            #expect(count.withLock { $0 } == 3)
        }

        @Test func errorsSayWhatToDo() throws {
            let address = try SparkAddress("sc://spark.example:15002")
            func text(_ code: RPCError.Code, _ message: String) -> String {
                "\(RPCError(code: code, message: message).described(address))"
            }
            #expect(text(.unavailable, "connection refused").contains("spark.example:15002 cannot be reached"))
            #expect(text(.unauthenticated, "no").contains("token="))
            #expect(text(.unimplemented, "no").contains("Spark 4.0"))
            #expect(text(.internalError, "[CONNECT_ML.MODEL_SIZE_OVERFLOW] big").contains("maxModelSize"))
            #expect(text(.internalError, "KAFKA_DATA_SOURCE_NOT_ENABLED").contains("spark-sql-kafka-0-10"))
            let plan = String(repeating: "== plan ==\n", count: 1000)
            #expect(text(.internalError, "[TABLE_OR_VIEW_NOT_FOUND] t\n" + plan).count < 700)
            let deep = RPCError(code: .internalError, message: "Job aborted: java.lang.StackOverflowError")
            #expect(deep.described(address).remedy?.contains("spark.checkpoint.dir") == true)
            let missing = RPCError(code: .internalError, message: "[TABLE_OR_VIEW_NOT_FOUND] t").described(address)
            #expect(missing.code == .notFound)
        }
    }
#endif
