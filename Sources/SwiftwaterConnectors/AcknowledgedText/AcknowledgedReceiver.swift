import NIOCore
import NIOPosix
import SwiftwaterCore
import SwiftwaterStreaming

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension StreamingContext {
    /// A stream of the lines of a sender that waits for our answer, such as `swiftwater relay --ack`. With a checkpoint directory
    /// nothing is lost and nothing doubled, whoever dies when.
    public func acknowledgedTextStream(host: String, port: Int) -> DStream<Text> {
        receiverStream(
            AcknowledgedReceiver(.connect(host: host, port: port), reconnect: settings.reconnect),
            name: "acknowledged \(host):\(port)")
    }

    /// As above, where senders connect to us.
    public func pushedTextStream(host: String = "127.0.0.1", port: Int) -> DStream<Text> {
        receiverStream(
            AcknowledgedReceiver(.listen(host: host, port: port), reconnect: settings.reconnect),
            name: "push \(host):\(port)")
    }
}

/// Receives lines and answers for them when they are safe.
public final class AcknowledgedReceiver: TextReceiver {
    public enum Mode: Sendable {
        case connect(host: String, port: Int)
        case listen(host: String, port: Int)
    }

    private struct State {
        var isStopped = false
        var channels: [ObjectIdentifier: any Channel] = [:]
        var failures = 0
        var group: MultiThreadedEventLoopGroup?
        var listener: (any Channel)?
    }

    /// Connections that may be open at the same time.
    public static let connectionsMax = 64

    private let mode: Mode
    private let reconnect: ReconnectPolicy
    private let state = Monitor(State())

    public init(_ mode: Mode, reconnect: ReconnectPolicy = ReconnectPolicy()) {
        self.mode = mode
        self.reconnect = reconnect
    }

    /// The port it listens on, once started.
    public var port: Int? { state.read { $0.listener?.localAddress?.port } }

    public func start(into store: ReceiverStore) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state.update { $0 = State(group: group) }
        switch mode {
        case .connect(let host, let port): connect(host, port, store, group)
        case .listen(let host, let port):
            do {
                let listener = try ServerBootstrap(group: group)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .childChannelOption(.autoRead, value: false)
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

    private func prepare(_ channel: any Channel, _ store: ReceiverStore) -> EventLoopFuture<Void> {
        let isWelcome = state.update { state in
            guard !state.isStopped, state.channels.count < AcknowledgedReceiver.connectionsMax else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            state.failures = 0
            return true
        }
        guard isWelcome else { return channel.close() }
        channel.closeFuture.whenComplete { _ in
            self.state.update { $0.channels[ObjectIdentifier(channel)] = nil }
        }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(AcknowledgedHandler(store: store))
        }
    }

    private func connect(_ host: String, _ port: Int, _ store: ReceiverStore, _ group: MultiThreadedEventLoopGroup) {
        guard !state.read({ $0.isStopped }) else { return }
        ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelInitializer { self.prepare($0, store) }
            .connect(host: host, port: port)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    channel.closeFuture.whenComplete { _ in self.again(host, port, store, group) }
                case .failure: self.again(host, port, store, group)
                }
            }
    }

    private func again(_ host: String, _ port: Int, _ store: ReceiverStore, _ group: MultiThreadedEventLoopGroup) {
        // Under the lock: `stop` sets `isStopped` under it before it ends the event loop.
        state.update { state in
            guard !state.isStopped else { return }
            defer { state.failures += 1 }
            let delay = reconnect.delay(afterFailures: state.failures)
            group.next().scheduleTask(in: .milliseconds(delay.wholeMilliseconds)) {
                self.connect(host, port, store, group)
            }
        }
    }

    public func stop() {
        let (group, listener, channels) = state.update { state in
            state.isStopped = true
            return (state.group, state.listener, Array(state.channels.values))
        }
        if let listener { try? listener.close().wait() }
        for channel in channels { try? channel.close().wait() }
        try? group?.syncShutdownGracefully()
    }
}

/// Moves chunks into the store and answers for them.
private final class AcknowledgedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let store: ReceiverStore
    private var reader = AcknowledgedReader()

    init(store: ReceiverStore) { self.store = store }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        reader.append(&bytes)
        do {
            while let event = try reader.next() {
                switch event {
                case .greeted(let sender): say("resume \(store.lastPosition(of: sender))\n", context.channel)
                case .chunk(let chunk, let position):
                    let channel = context.channel
                    chunk.withUnsafeReadableBytes { bytes in
                        store.store(lines: bytes, from: reader.sender!, position: position) {
                            AcknowledgedHandler.answer("safe \(position)\n", channel)
                        }
                    }
                }
            }
        } catch {
            context.close(promise: nil)
        }
    }

    private func say(_ line: String, _ channel: any Channel) { AcknowledgedHandler.answer(line, channel) }

    private static func answer(_ line: String, _ channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(string: line), promise: nil)
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
