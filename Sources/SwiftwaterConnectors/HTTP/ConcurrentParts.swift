import SwiftwaterCore

/// Work on several parts of something at a time, on threads that may wait for the network.
package enum ConcurrentParts {
    private struct State {
        var next = 0
        var running = 0
        var failure: (any Error)?
    }

    /// Runs work for the numbers up to `count`, and returns when all of it is done. After a failure, no more begins.
    ///
    /// - Throws: the first error.
    package static func run(_ count: Int, threads: Int, _ work: @escaping @Sendable (Int) throws -> Void) throws {
        let threads = max(1, min(threads, count))
        let state = Monitor(State(running: threads))
        for _ in 0..<threads {
            SystemThread.start(named: "store-part") {
                while true {
                    let index = state.update { state -> Int? in
                        guard state.next < count, state.failure == nil else { return nil }
                        state.next += 1
                        return state.next - 1
                    }
                    guard let index else { break }
                    do { try work(index) } catch { state.update { $0.failure = $0.failure ?? error } }
                }
                state.update { $0.running -= 1 }
            }
        }
        let failure = state.wait { $0.running == 0 ? .some($0.failure) : nil }
        if let failure { throw failure }
    }
}
