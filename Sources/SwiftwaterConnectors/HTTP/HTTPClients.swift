#if Services
    import AsyncHTTPClient
    import NIOCore
    import NIOPosix
    import SwiftwaterCore

    /// Clients with the same settings, one for each event loop of the process. A request goes to the client that runs
    /// the fewest; if several do, to the first, so that requests in turn share a connection.
    ///
    /// One client for all loops would be simpler. But then a request and its connection may be on two loops, and
    /// async-http-client (1.37.0) hears only later that the end of a request was sent. If the service has answered by
    /// then and closes the connection, the pool is given a connection that it has forgotten, and ends the process:
    /// "A connection that we don't know was released".
    final class HTTPClients: Sendable {
        private let clients: [HTTPClient]
        /// The number of requests that run, for each client.
        private let running: Monitor<[Int]>

        /// Creates clients.
        init(_ settings: HTTPClient.Configuration) {
            clients = MultiThreadedEventLoopGroup.singleton.makeIterator().map { loop in
                HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: settings)
            }
            running = Monitor(Array(repeating: 0, count: clients.count))
        }

        /// Calls a closure, which sends one request with the client and waits for the answer.
        func withClient<Answer>(_ body: (HTTPClient) throws -> Answer) rethrows -> Answer {
            let number = running.update { running in
                let number = running.indices.min { running[$0] < running[$1] }!
                running[number] += 1
                return number
            }
            defer { running.update { $0[number] -= 1 } }
            return try body(clients[number])
        }
    }
#endif
