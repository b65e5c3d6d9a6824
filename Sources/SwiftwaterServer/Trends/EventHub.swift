#if Server
    import SwiftwaterCore

    /// Signals every page that something changed, at most once per `pause`: a thousand ratings a second make ten rounds
    /// a second.
    ///
    /// A slow page is signaled once, however much happened, and then reads the newest state: nothing is queued for it.
    /// The connection of a page that does not read at all is closed (`ConnectionRules`).
    final class EventHub: Sendable {
        private struct Client {
            let signals: AsyncStream<Int>.Continuation
            /// The page's task, which lives until `leave`.
            let task: UnsafeCurrentTask?
            var isWriting = false
        }

        /// Unchecked: a task is used only under the lock, and not after its page has left.
        private struct State: @unchecked Sendable {
            var clients: [Int: Client] = [:]
            var next = 0
            var round = 0
            var isClosed = false
        }

        private let state = Monitor(State())
        private let limit: Int
        private let (wake, waker) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        private let pause: Duration

        init(limit: Int, pause: Duration) { (self.limit, self.pause) = (limit, pause) }

        var clientCount: Int { state.read { $0.clients.count } }

        var isFull: Bool { state.read { $0.clients.count >= limit || $0.isClosed } }

        /// Adds a page; returns nil at the limit.
        ///
        /// Call it in the page's task, which must not end before `leave`. The signals are the numbers of the rounds.
        func join() -> (id: Int, signals: AsyncStream<Int>)? {
            let (signals, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
            let id: Int? = withUnsafeCurrentTask { task in
                state.update { state in
                    guard state.clients.count < limit, !state.isClosed else { return nil }
                    state.next += 1
                    state.clients[state.next] = Client(signals: continuation, task: task)
                    continuation.yield(state.round)
                    return state.next
                }
            }
            return id.map { ($0, signals) }
        }

        func leave(_ id: Int) { state.update { $0.clients.removeValue(forKey: id) }?.signals.finish() }

        /// Marks a page as being written to until `body` returns.
        func writing(_ id: Int, _ body: () async throws -> Void) async rethrows {
            state.update { $0.clients[id]?.isWriting = true }
            try await body()
            state.update { $0.clients[id]?.isWriting = false }
        }

        /// Requests a round, because something changed.
        func broadcast() { waker.yield() }

        /// Signals pages until the task is cancelled.
        func run() async throws {
            for await _ in wake {
                let parts = begin()
                for part in 0..<parts {
                    deliver(part, of: parts)
                    try await Task.sleep(for: pause / parts)
                }
            }
        }

        /// Begins a round and returns the number of its parts. Many pages are signaled in parts within the pause, so
        /// that requests are served in between.
        private func begin() -> Int {
            state.update { state in
                state.round += 1
                return min(max(1, state.clients.count / Self.partMax), Self.partsMax)
            }
        }

        private static let partMax = 50
        private static let partsMax = 20

        private func deliver(_ part: Int, of parts: Int) {
            state.update { state in
                for (id, client) in state.clients where id % parts == part { client.signals.yield(state.round) }
            }
        }

        /// Ends every stream, at once if its page has not read the last text yet. Pages reconnect by themselves.
        func close() {
            state.update { state in
                state.isClosed = true
                for client in state.clients.values {
                    client.signals.finish()
                    if client.isWriting { client.task?.cancel() }
                }
            }
        }
    }
#endif
