#if Server
    import SwiftwaterCore

    /// Tells every page that there is something new. A page that is slow hears of it once, however much happened, and reads what is the newest
    /// then: nothing is queued for it.
    final class EventHub: Sendable {
        private struct State {
            var clients: [Int: AsyncStream<Void>.Continuation] = [:]
            var next = 0
            var isClosed = false
        }

        private let state = Monitor(State())
        private let limit: Int

        init(limit: Int) { self.limit = limit }

        var clientCount: Int { state.read { $0.clients.count } }

        var isFull: Bool { state.read { $0.clients.count >= limit || $0.isClosed } }

        /// nil where there are as many as there may be.
        func join() -> (id: Int, signals: AsyncStream<Void>)? {
            state.update { state in
                guard state.clients.count < limit, !state.isClosed else { return nil }
                let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
                state.next += 1
                state.clients[state.next] = continuation
                continuation.yield()
                return (state.next, signals)
            }
        }

        func leave(_ id: Int) { state.update { $0.clients.removeValue(forKey: id) }?.finish() }

        func tell() { for client in state.read({ $0.clients.values }) { client.yield() } }

        /// Ends every stream; pages come again by themselves.
        func close() {
            let clients = state.update { state in
                defer { (state.clients, state.isClosed) = ([:], true) }
                return state.clients.values
            }
            for client in clients { client.finish() }
        }
    }
#endif
