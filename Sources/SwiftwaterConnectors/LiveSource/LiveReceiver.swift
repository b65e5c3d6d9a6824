#if Services
    import Logging
    import SwiftwaterCore
    import SwiftwaterStreaming

    /// Receives the lines of a live service into a stream.
    package final class LiveReceiver: TextReceiver {
        private let service: any LiveService
        private let environment: [String: String]?
        private let logger: Logger?
        private let link = Monitor<LiveLink?>(nil)

        /// Creates a receiver.
        ///
        /// - Parameter environment: names proxies and certificates; nil for that of the process.
        package init(_ service: any LiveService, environment: [String: String]? = nil, logger: Logger? = nil) {
            (self.service, self.environment, self.logger) = (service, environment, logger)
        }

        package func start(into store: ReceiverStore) throws {
            let connecting = service.policy.connecting
            let transport =
                environment.map { NIOLiveTransport(connecting: connecting, environment: $0) }
                ?? NIOLiveTransport(connecting: connecting)
            let new = LiveLink(
                service, into: StreamLines(store: store, keySpan: service.keySpan), over: transport, logger: logger)
            link.update { $0 = new }
            new.start()
        }

        package func stop() { link.read { $0 }?.stop() }

        package var status: SourceStatus? { link.read { $0 }?.status }
    }
#endif
