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
        var peers = Peers()
        /// When a refused connection was last logged.
        var logged: Duration?
        var failures = 0
        var group: MultiThreadedEventLoopGroup?
        var listener: (any Channel)?
        /// How the connection is doing; nil for one that listens.
        var status: SourceStatus?
        var store: ReceiverStore?
        var rate = LineRate(at: .zero)
    }

    private let mode: Mode
    private let reconnect: ReconnectPolicy
    private let logger: Logger?
    private let makeReader: @Sendable () -> Reader
    private let state = Monitor(State())
    private let clock: any StreamClock
    private let repeated: RepeatedMessages

    init(
        _ mode: Mode, reconnect: ReconnectPolicy, logger: Logger?, clock: any StreamClock = SystemClock(),
        makeReader: @escaping @Sendable () -> Reader
    ) {
        self.clock = clock
        repeated = RepeatedMessages(clock: clock)
        (self.mode, self.reconnect, self.logger, self.makeReader) = (mode, reconnect, logger, makeReader)
    }

    /// The port on which it listens, once started.
    var port: Int? { state.read { $0.listener?.localAddress?.port } }

    // MARK: TextReceiver

    func start(into store: ReceiverStore) throws {
        try check()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state.update { state in
            state = State(group: group)
            guard case .connect(let host, let port) = mode else { return }
            state.status = SourceStatus(.connecting, since: clock.instant(), place: "\(host):\(port)")
            (state.store, state.rate) = (store, LineRate(at: clock.elapsed()))
        }
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
                throw ConnectionFailure.listening(host, port, error)
            }
        }
    }

    /// How the connection is doing. One that listens waits for others.
    var status: SourceStatus? {
        let now = clock.elapsed()
        return state.update { state in
            guard var status = state.status else { return nil }
            let lines = state.store?.lineCount ?? 0
            state.rate.add(lines - status.lines, at: now)
            status.lines = lines
            state.status = status
            status.linesPerSecond = state.rate.perSecond(at: now)
            return status
        }
    }

    private func set(_ link: SourceStatus.Link, _ reason: String?) {
        state.update { state in
            guard var status = state.status, status.link != link else { return }
            (status.link, status.since, status.reason) = (link, clock.instant(), reason ?? status.reason)
            state.status = status
        }
    }

    /// Refuses an address that can never work, which would be tried for ever.
    private func check() throws {
        let (host, port, lowest) =
            switch mode {
            case .connect(let host, let port): (host, port, 1)
            case .listen(let host, let port, _): (host, port, 0)
            }
        guard !host.isEmpty, (lowest...65535).contains(port) else {
            throw SwiftwaterError(
                .invalidArgument, "'\(host):\(port)' is not the address of a socket",
                remedy: "name a host, and a port from \(lowest) to 65535", setting: .port)
        }
    }

    func stop() {
        // Once: an event loop that has ended takes no more work.
        let (group, listener, channels) = state.update { state in
            defer { (state.isStopped, state.group, state.listener) = (true, nil, nil) }
            return (state.group, state.listener, state.peers.channels)
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
        guard isAccepted(channel) else { return channel.close() }
        channel.closeFuture.whenComplete { _ in
            store.endOfInput()
            self.state.update { $0.peers.remove(channel) }
        }
        return channel.eventLoop.makeCompletedFuture {
            KeepAlive.set(on: channel)
            // A server that accepts but sends nothing has not been reached yet.
            try channel.pipeline.syncOperations.addHandler(
                ReceivingHandler(store: store, reader: makeReader()) {
                    let now = self.clock.elapsed()
                    self.state.update { state in
                        state.failures = 0
                        state.peers.heard(channel, at: now)
                    }
                })
        }
    }

    /// Notes a connection, for which a silent one may have to go. Returns false if there are too many.
    private func isAccepted(_ channel: any Channel) -> Bool {
        let now = clock.elapsed()
        let (isAccepted, gone, logs) = state.update { state -> (Bool, (any Channel)?, Bool) in
            guard !state.isStopped else { return (false, nil, false) }
            var gone: (any Channel)?
            if case .listen(_, _, let connectionsMax) = mode, state.peers.count >= connectionsMax {
                gone = state.peers.makeRoom(at: now)
                let logs = state.logged.map { now - $0 > .seconds(60) } ?? true
                if logs { state.logged = now }
                guard gone != nil else { return (false, nil, logs) }
                state.peers.add(channel, at: now)
                return (true, gone, logs)
            }
            state.peers.add(channel, at: now)
            return (true, nil, false)
        }
        gone?.close(promise: nil)
        if logs {
            let what = isAccepted ? "the one that was silent for longest is closed" : "a new one is refused"
            logger?.warning("too many connections: \(what) (said once a minute)")
        }
        return isAccepted
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
                self.set(.connected, nil)
                channel.closeFuture.whenComplete { _ in
                    self.again(host, port, store, group, reason: "the connection was closed")
                }
            case .failure(let error):
                self.again(host, port, store, group, reason: "cannot connect: " + ConnectionFailure.words(error))
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
        set(.waiting, reason)
        // A server that is away for long is said once a minute.
        guard repeated.letsThrough(reason) != nil else { return }
        logger?.warning("\(host):\(port): \(reason); trying again \(delay == .zero ? "at once" : "in " + delay.label)")
    }
}
