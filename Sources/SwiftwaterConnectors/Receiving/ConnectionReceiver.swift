import Logging
import NIOCore
import NIOPosix
import SwiftwaterCore
import SwiftwaterStreaming

/// Processes the bytes of one connection.
protocol ConnectionReader: SendableMetatype {
    /// Takes bytes as they arrive, and passes text to the store.
    ///
    /// - Throws: if the peer violates the protocol. The connection is then closed.
    mutating func take(_ bytes: ByteBuffer, into store: ReceiverStore, on channel: any Channel) throws
}

/// The core of every receiver that reads from TCP connections. It connects (and reconnects when a connection is lost)
/// or listens, reads only while the store has room, and passes what arrives to a `ConnectionReader` per connection.
final class ConnectionReceiver<Reader: ConnectionReader>: TextReceiver {
    enum Mode: Sendable {
        case connect(host: String, port: Int)
        case listen(host: String, port: Int, connectionsMax: Int)
    }

    private struct State {
        var isStopped = false
        var channels: [ObjectIdentifier: any Channel] = [:]
        var failures = 0
        var group: MultiThreadedEventLoopGroup?
        var listener: (any Channel)?
    }

    private let mode: Mode
    private let reconnect: ReconnectPolicy
    private let logger: Logger?
    private let makeReader: @Sendable () -> Reader
    private let state = Monitor(State())

    init(
        _ mode: Mode, reconnect: ReconnectPolicy, logger: Logger?, makeReader: @escaping @Sendable () -> Reader
    ) {
        (self.mode, self.reconnect, self.logger, self.makeReader) = (mode, reconnect, logger, makeReader)
    }

    /// The port on which it listens, once started.
    var port: Int? { state.read { $0.listener?.localAddress?.port } }

    // MARK: TextReceiver

    func start(into store: ReceiverStore) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state.update { $0 = State(group: group) }
        switch mode {
        case .connect(let host, let port): connect(host, port, store, group)
        case .listen(let host, let port, _):
            do {
                let listener = try ServerBootstrap(group: group)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .childChannelOption(.autoRead, value: false)
                    .childChannelOption(.recvAllocator, value: Self.allocator)
                    .childChannelInitializer { self.prepare($0, store) }
                    .bind(host: host, port: port).wait()
                state.update { $0.listener = listener }
            } catch {
                try? group.syncShutdownGracefully()
                throw SwiftwaterError(
                    .network, "cannot listen on \(host):\(port)", remedy: "choose another port", cause: error)
            }
        }
    }

    func stop() {
        let (group, listener, channels) = state.update { state in
            state.isStopped = true
            return (state.group, state.listener, Array(state.channels.values))
        }
        if let listener { try? listener.close().wait() }
        for channel in channels { try? channel.close().wait() }
        try? group?.syncShutdownGracefully()
    }

    // MARK: Connections

    private static var allocator: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 1 << 20)
    }

    private func prepare(_ channel: any Channel, _ store: ReceiverStore) -> EventLoopFuture<Void> {
        let isAccepted = state.update { state in
            guard !state.isStopped else { return false }
            if case .listen(_, _, let connectionsMax) = mode, state.channels.count >= connectionsMax { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isAccepted else { return channel.close() }
        channel.closeFuture.whenComplete { _ in
            store.endOfInput()
            self.state.update { $0.channels[ObjectIdentifier(channel)] = nil }
        }
        return channel.eventLoop.makeCompletedFuture {
            // A server that accepts but sends nothing has not been reached yet.
            try channel.pipeline.syncOperations.addHandler(
                ReceivingHandler(store: store, reader: makeReader()) { self.state.update { $0.failures = 0 } })
        }
    }

    private func connect(_ host: String, _ port: Int, _ store: ReceiverStore, _ group: MultiThreadedEventLoopGroup) {
        let bootstrap = ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(.recvAllocator, value: Self.allocator)
            .channelInitializer { self.prepare($0, store) }
        // Under the lock: `stop` sets `isStopped` under it before it shuts down the event loop.
        let attempt = state.update { $0.isStopped ? nil : bootstrap.connect(host: host, port: port) }
        attempt?.whenComplete { result in
            switch result {
            case .success(let channel):
                self.logger?.info("connected to \(host):\(port)")
                channel.closeFuture.whenComplete { _ in
                    self.again(host, port, store, group, reason: "the connection was closed")
                }
            case .failure(let error): self.again(host, port, store, group, reason: Self.reason(error))
            }
        }
    }

    private func again(
        _ host: String, _ port: Int, _ store: ReceiverStore, _ group: MultiThreadedEventLoopGroup, reason: String
    ) {
        let delay: Duration? = state.update { state in
            guard !state.isStopped else { return nil }
            defer { state.failures += 1 }
            let delay = reconnect.delay(afterFailures: state.failures)
            group.next().scheduleTask(in: .milliseconds(delay.wholeMilliseconds)) {
                self.connect(host, port, store, group)
            }
            return delay
        }
        guard let delay else { return }
        logger?.warning("\(host):\(port): \(reason); trying again \(delay == .zero ? "at once" : "in " + delay.label)")
    }

    /// Returns why a connection failed, in the words of the system if there are any.
    private static func reason(_ error: any Error) -> String {
        let first = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        return "cannot connect: " + ((first as? IOError).map { SystemInformation.message($0.errnoCode) } ?? "\(first)")
    }
}
