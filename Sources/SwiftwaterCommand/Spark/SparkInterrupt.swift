#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    /// Ctrl-C while a Spark cluster works.
    enum SparkInterrupt {
        /// Runs `body`. A signal interrupts what the session runs, releases it, and ends the program.
        static func run(
            _ session: SparkSession, _ console: Console, _ body: @escaping @Sendable () async throws -> Void
        ) async throws {
            let signals = StopSignals {
                Task {
                    console.endProgress()
                    console.remark("interrupting Spark")
                    try? await session.interrupt()
                    await session.close()
                    ExitStatus.leave(130)
                }
            }
            defer { withExtendedLifetime(signals) {} }
            do { try await body() } catch {
                console.endProgress()
                await session.close()
                throw error
            }
            await session.close()
        }
    }
#endif
