#if Server
    import NIOCore
    import SwiftwaterCore
    import Synchronization

    /// The open connections of each client. A client that has its share gets another one only for one of its own that
    /// is idle, so it cannot hold all, and its health checks still get through.
    final class ClientConnections: Sendable {
        /// An open connection.
        final class Connection: Sendable {
            fileprivate let client: String
            fileprivate let number: UInt64
            fileprivate let channel: any Channel
            /// Nanoseconds of the event loops' clock since which the connection has no request; 0 while it has one.
            private let idleSince: Atomic<UInt64>

            fileprivate init(_ client: String, _ number: UInt64, _ channel: any Channel) {
                (self.client, self.number, self.channel) = (client, number, channel)
                idleSince = Atomic(max(1, NIODeadline.now().uptimeNanoseconds))
            }

            /// Notes that a request has come, or that all have been answered.
            func set(isIdle: Bool) {
                idleSince.store(isIdle ? max(1, NIODeadline.now().uptimeNanoseconds) : 0, ordering: .relaxed)
            }

            fileprivate var idle: UInt64? {
                let since = idleSince.load(ordering: .relaxed)
                return since == 0 ? nil : since
            }
        }

        private struct State {
            var clients: [String: [UInt64: Connection]] = [:]
            var next: UInt64 = 0
        }

        private let state = Monitor(State())
        private let limit: Int

        /// - Parameter limit: the most connections of a client.
        init(limit: Int) { self.limit = limit }

        /// Takes a new connection. Returns nil if its client has its share and uses all of it.
        ///
        /// O(1), and O(connections of the client) for a client that has its share.
        func admit(_ channel: any Channel) -> Connection? {
            let client = ClientAddress.key(channel.remoteAddress?.ipAddress ?? "")
            let (connection, idle): (Connection?, Connection?) = state.update { state in
                var idle: Connection?
                if let own = state.clients[client], own.count >= limit {
                    idle =
                        own.values.compactMap { one in one.idle.map { ($0, one) } }
                        .min { ($0.0, $0.1.number) < ($1.0, $1.1.number) }?.1
                    guard let idle else { return (nil, nil) }
                    state.clients[client]?[idle.number] = nil
                }
                let connection = Connection(client, state.next, channel)
                state.next += 1
                state.clients[client, default: [:]][connection.number] = connection
                return (connection, idle)
            }
            idle?.channel.close(promise: nil)
            return connection
        }

        func remove(_ connection: Connection) {
            state.update { state in
                state.clients[connection.client]?[connection.number] = nil
                if state.clients[connection.client]?.isEmpty == true { state.clients[connection.client] = nil }
            }
        }
    }
#endif
