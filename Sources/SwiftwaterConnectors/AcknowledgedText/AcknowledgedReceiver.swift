import Logging
import NIOCore
import SwiftwaterCore
import SwiftwaterStreaming

extension StreamingContext {
    /// Returns a stream of the lines of a sender that waits for acknowledgments, such as `swiftwater relay --ack`. With
    /// a checkpoint directory, nothing is lost or duplicated, whichever side is killed.
    public func acknowledgedTextStream(host: String, port: Int) -> DStream<Text> {
        receiverStream(
            AcknowledgedReceiver(
                .connect(host: host, port: port), reconnect: settings.reconnect, logger: engine.logger),
            name: "acknowledged \(host):\(port)")
    }

    /// Returns a stream like that of `acknowledgedTextStream`, to which senders connect.
    ///
    /// - Parameter token: what senders must show. An address that other machines can reach needs one: without it, the
    ///   context does not start.
    /// - Parameter host: the address to listen on.
    /// - Parameter port: the port to listen on.
    public func pushedTextStream(host: String = "127.0.0.1", port: Int, token: Secret? = nil) -> DStream<Text> {
        receiverStream(
            AcknowledgedReceiver(
                .listen(host: host, port: port), token: token, reconnect: settings.reconnect, logger: engine.logger),
            name: "push \(host):\(port)")
    }
}

/// Receives lines and acknowledges them once they are safe.
public final class AcknowledgedReceiver: TextReceiver {
    /// Which side connects.
    public enum Mode: Sendable {
        /// The receiver connects to a sender.
        case connect(host: String, port: Int)
        /// Senders connect to the receiver. Port 0 takes a free one.
        case listen(host: String, port: Int)
    }

    /// The maximum number of open connections.
    public static let connectionsMax = 64

    private let mode: Mode
    private let token: Secret?
    private let receiver: ConnectionReceiver<AcknowledgedConnection>

    /// Creates a receiver.
    ///
    /// - Parameter token: what senders that connect must show; nil if they need not.
    /// - Parameter reconnect: when a lost connection is made again.
    /// - Parameter logger: receives messages; the context's logger by default.
    /// - Parameter mode: whether to connect or to listen, and where.
    public init(
        _ mode: Mode, token: Secret? = nil, reconnect: ReconnectPolicy = ReconnectPolicy(), logger: Logger? = nil
    ) {
        (self.mode, self.token) = (mode, token)
        let connections: ConnectionReceiver<AcknowledgedConnection>.Mode =
            switch mode {
            case .connect(let host, let port): .connect(host: host, port: port)
            case .listen(let host, let port): .listen(host: host, port: port, connectionsMax: Self.connectionsMax)
            }
        let refusals = RepeatedMessages()
        receiver = ConnectionReceiver(connections, reconnect: reconnect, logger: logger) {
            AcknowledgedConnection(token: token) {
                guard let held = refusals.letsThrough("token") else { return }
                logger?.warning("a sender without the right token is refused\(held > 0 ? "; \(held) more before" : "")")
            }
        }
    }

    /// The port on which it listens, once started; nil if it connects.
    public var port: Int? { receiver.port }

    /// How the connection is doing; nil for one that listens.
    public var status: SourceStatus? { receiver.status }

    /// Starts to receive lines into `store`.
    ///
    /// - Throws: `network` if it cannot listen; `invalidArgument` if other machines can reach its address and it has no
    ///   token.
    public func start(into store: ReceiverStore) throws {
        if case .listen(let host, _) = mode, token == nil, !HostAddress.isLoopback(host) {
            throw SwiftwaterError(
                .invalidArgument, "\(host) can be reached from other machines, and no token is set",
                remedy: "set a token, or listen on 127.0.0.1", setting: .token)
        }
        try receiver.start(into: store)
    }

    /// Stops listening or reconnecting, and closes all connections.
    public func stop() { receiver.stop() }
}

/// Stores chunks and acknowledges them.
private struct AcknowledgedConnection: ConnectionReader {
    private var reader: AcknowledgedReader
    private let onRefusal: @Sendable () -> Void

    init(token: Secret?, onRefusal: @escaping @Sendable () -> Void) {
        (reader, self.onRefusal) = (AcknowledgedReader(token: token), onRefusal)
    }

    mutating func take(_ bytes: ByteBuffer, into store: ReceiverStore, on channel: any Channel) throws {
        var bytes = bytes
        reader.append(&bytes)
        while let event = try reader.next() {
            switch event {
            case .greeted(let sender): Self.answer("resume \(store.lastPosition(of: sender))\n", channel)
            case .refused:
                onRefusal()
                Self.answer(AcknowledgedFraming.refusal + "\n", channel)
                channel.close(promise: nil)
                return
            case .chunk(let chunk, let position):
                chunk.withUnsafeReadableBytes { bytes in
                    store.store(lines: bytes, from: reader.sender!, position: position) {
                        Self.answer("safe \(position)\n", channel)
                    }
                }
            }
        }
    }

    private static func answer(_ line: String, _ channel: any Channel) {
        // The log may confirm lines after the receiver has stopped. The sender asks for them when it comes back.
        guard channel.isActive else { return }
        channel.writeAndFlush(ByteBuffer(string: line), promise: nil)
    }
}
