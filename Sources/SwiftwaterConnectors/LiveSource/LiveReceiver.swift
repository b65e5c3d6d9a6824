#if Services
    import Logging
    import SwiftwaterCore
    import SwiftwaterStreaming

    /// Receives the lines of a live service, or of several of one kind, into a stream.
    package final class LiveReceiver: TextReceiver {
        private let services: [any LiveService]
        private let environment: [String: String]?
        private let logger: Logger?
        private let links = Monitor<[LiveLink]>([])

        /// Creates a receiver.
        ///
        /// - Parameter environment: names proxies and certificates; nil for that of the process.
        package init(_ services: [any LiveService], environment: [String: String]? = nil, logger: Logger? = nil) {
            (self.services, self.environment, self.logger) = (services, environment, logger)
        }

        package func start(into store: ReceiverStore) throws {
            for service in services { try service.prepare() }
            let new = services.map { service in
                LiveLink(
                    service, into: StreamLines(store: store, keySpan: service.keySpan),
                    over: NIOLiveTransport(for: service, environment: environment), logger: logger)
            }
            links.update { $0 = new }
            for link in new { link.start() }
        }

        package func stop() {
            for link in links.read({ $0 }) { link.stop() }
            for service in services { service.finish() }
        }

        package var status: SourceStatus? { SourceStatus(merging: links.read { $0 }.map(\.status)) }
    }

    extension NIOLiveTransport {
        /// Creates a transport for a service.
        ///
        /// - Parameter environment: nil for that of the process.
        convenience init(for service: any LiveService, environment: [String: String]? = nil) {
            let connecting = service.policy.connecting
            if let environment {
                self.init(connecting: connecting, environment: environment)
            } else {
                self.init(connecting: connecting)
            }
        }
    }
#endif
