import NIOCore
import NIOPosix
import SwiftwaterCore
import SwiftwaterPlatform

/// A TCP server that sends the same text to every connected client: the counterpart of `socketTextStream`.
///
/// The fastest client sets the pace: `send` waits until that client has almost nothing left to receive, so a single
/// client receives everything, however slow it is. If there are several clients, each has a buffer for its backlog. A
/// client whose buffer is full misses sends, which are counted, and never holds up the others.
public final class TextServer: Sendable {
    /// Settings of a server.
    public struct Settings: Sendable {
        /// The address to listen on.
        public var host: String
        /// The port to listen on; 0 takes a free one.
        public var port: Int
        /// How far a client may be behind the fastest one before it misses text. 8 MiB by default.
        public var clientBufferMaxBytes: Int
        /// The maximum number of connections. Additional ones are closed at once.
        public var connectionsMax: Int
        /// The clock that measures how long `close` waits.
        public var clock: any StreamClock

        /// Creates settings. Omitted arguments have their defaults.
        public init(
            host: String = "127.0.0.1", port: Int = 7773, clientBufferMaxBytes: Int = 8 << 20,
            connectionsMax: Int = 1024, clock: any StreamClock = SystemClock()
        ) {
            self.host = host
            self.port = port
            self.clientBufferMaxBytes = clientBufferMaxBytes
            self.connectionsMax = connectionsMax
            self.clock = clock
        }
    }

    private struct Client {
        let channel: any Channel
        var pendingBytes = 0
        var missedSends = 0
    }

    private struct State {
        var clients: [ObjectIdentifier: Client] = [:]
        var acceptedClients = 0
        var missedSends = 0
        var isClosing = false
        var isClosed = false
    }

    private let state = Monitor(State())
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let settings: Settings

    /// Binds the address and listens.
    ///
    /// - Throws: `network` if the address is in use or not available.
    public init(_ settings: Settings = Settings()) throws {
        self.settings = settings
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let (state, connectionsMax) = (state, settings.connectionsMax)
        do {
            listener = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    let isRefused = state.update { state in
                        if state.clients.count >= connectionsMax || state.isClosing { return true }
                        state.clients[ObjectIdentifier(channel)] = Client(channel: channel)
                        state.acceptedClients += 1
                        return false
                    }
                    if isRefused { return channel.close() }
                    channel.closeFuture.whenComplete { _ in
                        state.update { state in
                            let client = state.clients.removeValue(forKey: ObjectIdentifier(channel))
                            state.missedSends += client?.missedSends ?? 0
                        }
                    }
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: settings.host, port: settings.port).wait()
        } catch {
            try? group.syncShutdownGracefully()
            throw ConnectionFailure.listening(settings.host, settings.port, error)
        }
    }

    /// The port on which it listens.
    public var port: Int { listener.localAddress?.port ?? settings.port }

    /// The number of connected clients.
    public var clientCount: Int { state.read { $0.clients.count } }

    /// The number of clients that have connected since the start.
    package var acceptedClients: Int { state.read { $0.acceptedClients } }

    /// The number of sends that clients with a full buffer have missed.
    public var missedSends: Int { state.read { $0.missedSends + $0.clients.values.reduce(0) { $0 + $1.missedSends } } }

    /// Blocks until this many clients have connected since the start, or the server is closed.
    public func waitForClients(_ count: Int) {
        state.wait { $0.acceptedClients >= count || $0.isClosing ? () : nil }
    }

    /// The maximum backlog of the fastest client.
    private static let leadMaxBytes = 256 << 10

    /// Sends bytes to every client. Blocks while there are clients and each of them has a large backlog.
    public func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let limit = settings.clientBufferMaxBytes
        let ready: [any Channel] = state.wait { state in
            if state.isClosing || state.clients.isEmpty { return [] }
            let lead = min(limit, TextServer.leadMaxBytes)
            guard state.clients.values.contains(where: { $0.pendingBytes < lead }) else { return nil }
            var ready: [any Channel] = []
            for (key, client) in state.clients {
                if client.pendingBytes < limit {
                    state.clients[key]!.pendingBytes += bytes.count
                    ready.append(client.channel)
                } else {
                    state.clients[key]!.missedSends += 1
                }
            }
            return ready
        }
        let buffer = ByteBuffer(bytes: bytes)
        for channel in ready {
            let key = ObjectIdentifier(channel)
            channel.writeAndFlush(buffer).whenComplete { [state] _ in
                state.update { $0.clients[key]?.pendingBytes -= bytes.count }
            }
        }
    }

    /// Waits until clients have received everything, at most for `patience`, and then closes all connections and the
    /// port.
    ///
    /// If another call is already closing the server, this one waits for it.
    public func close(patience: Duration = .seconds(10)) {
        let isOurs = state.update { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isOurs else { return state.wait { $0.isClosed ? () : nil } }
        // Each client is closed as soon as it has everything.
        let clock = settings.clock
        let deadline = clock.elapsed() + patience
        while let drained = state.wait(
            atMost: max(deadline - clock.elapsed(), .zero),
            for: { state -> [any Channel]? in
                if state.clients.isEmpty { return [] }
                let drained = state.clients.filter { $0.value.pendingBytes == 0 }
                for (key, client) in drained {
                    state.missedSends += client.missedSends
                    state.clients[key] = nil
                }
                return drained.isEmpty ? nil : drained.values.map(\.channel)
            }), !drained.isEmpty
        {
            for channel in drained { channel.close(promise: nil) }
        }
        for channel in state.read({ $0.clients.values.map(\.channel) }) { try? channel.close().wait() }
        try? listener.close().wait()
        try? group.syncShutdownGracefully()
        state.update { $0.isClosed = true }
    }
}
