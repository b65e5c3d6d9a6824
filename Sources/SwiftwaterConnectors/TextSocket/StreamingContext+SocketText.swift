import Logging
import NIOCore
import NIOPosix
import SwiftwaterCore
import Synchronization

extension StreamingContext {
    /// A stream of the lines that a TCP server sends, in UTF-8, ending in LF or CRLF.
    ///
    /// Where the server cannot be reached or closes the connection, the source connects again, at once and then with growing
    /// delays (`settings.reconnect`). A line that a closing connection leaves without an end is delivered.
    public func socketTextStream(host: String, port: Int) -> DStream<Text> {
        receiverStream(
            SocketTextReceiver(host: host, port: port, reconnect: settings.reconnect, context: context),
            name: "socket \(host):\(port)")
    }
}

/// Receives lines from a TCP server and connects again when the connection is lost.
final class SocketTextReceiver: TextReceiver {
    private struct State {
        var isStopped = false
        var channel: (any Channel)?
        var failures = 0
    }

    private let host: String
    private let port: Int
    private let reconnect: ReconnectPolicy
    private let context: Context
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Mutex(State())

    init(host: String, port: Int, reconnect: ReconnectPolicy, context: Context) {
        self.host = host
        self.port = port
        self.reconnect = reconnect
        self.context = context
    }

    func start(into store: ReceiverStore) throws { connect(store) }

    private func connect(_ store: ReceiverStore) {
        let bootstrap = ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 1 << 20)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SocketTextHandler(store: store) { self.state.withLock { $0.failures = 0 } })
                }
            }
        // Nothing may be given to the event loop once `stop` may have ended it: it sets `isStopped` first, under this lock.
        let attempt = state.withLock { $0.isStopped ? nil : bootstrap.connect(host: host, port: port) }
        attempt?.whenComplete { result in
            switch result {
            case .success(let channel): self.connected(channel, store)
            case .failure(let error): self.lost(store, reason: Self.reason(error))
            }
        }
    }

    private func connected(_ channel: any Channel, _ store: ReceiverStore) {
        let isStopped = state.withLock { state in
            state.channel = channel
            return state.isStopped
        }
        if isStopped { channel.close(promise: nil) }
        context.logger.info("connected to \(host):\(port)")
        channel.closeFuture.whenComplete { _ in
            store.endOfInput()
            self.lost(store, reason: "the connection was closed")
        }
    }

    private func lost(_ store: ReceiverStore, reason: String) {
        let delay: Duration? = state.withLock { state in
            state.channel = nil
            guard !state.isStopped else { return nil }
            defer { state.failures += 1 }
            let delay = reconnect.delay(afterFailures: state.failures)
            group.next().scheduleTask(in: .milliseconds(delay.wholeMilliseconds)) { self.connect(store) }
            return delay
        }
        guard let delay else { return }
        context.logger.warning(
            "\(host):\(port): \(reason); trying again \(delay == .zero ? "at once" : "in " + delay.label)")
    }

    /// Why a connection failed, in the system's words where there are some.
    private static func reason(_ error: any Error) -> String {
        let first = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        return "cannot connect: " + ((first as? IOError).map { systemMessage($0.errnoCode) } ?? "\(first)")
    }

    func stop() {
        let channel = state.withLock { state in
            state.isStopped = true
            return state.channel
        }
        if let channel { try? channel.close().wait() }
        try? group.syncShutdownGracefully()
    }
}

/// Moves what arrives into the store, and reads on only while there is room.
private final class SocketTextHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let store: ReceiverStore
    /// Called with the first bytes: a server that accepts and says nothing has not been reached yet.
    private var onFirstBytes: (() -> Void)?

    init(store: ReceiverStore, onFirstBytes: @escaping () -> Void) {
        self.store = store
        self.onFirstBytes = onFirstBytes
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onFirstBytes?()
        onFirstBytes = nil
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { _ = store.store($0) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if store.hasRoom {
            context.read()
        } else {
            let channel = context.channel
            store.whenRoom { channel.read() }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
