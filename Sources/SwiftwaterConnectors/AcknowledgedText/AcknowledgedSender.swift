import NIOCore
import NIOPosix
import SwiftwaterCore
import SwiftwaterPlatform

/// Sends lines to one receiver at a time, and keeps each line until the receiver reports that it is safe.
public final class AcknowledgedSender: Sendable {
    /// Settings of a sender.
    public struct Settings: Sendable {
        /// The name under which lines are numbered. A sender of the same name that begins with the same lines continues
        /// where the receiver is.
        public var name: String
        /// The address to listen on or to connect to.
        public var host: String
        /// The port to listen on or to connect to.
        public var port: Int
        /// Whether to connect to a receiver that listens, instead of listening for one.
        public var connects: Bool
        /// What the receiver wants to be shown, if it listens; nil if it wants nothing.
        public var token: Secret?
        /// The number of unacknowledged bytes above which `send` waits. 8 MiB by default.
        public var unconfirmedMaxBytes: Int
        /// Receives what a user should know: that the receiver cannot be reached.
        package var report: @Sendable (String) -> Void = { _ in }

        /// Creates settings. Omitted arguments have their defaults.
        public init(
            name: String = "relay-\(getpid())", host: String = "127.0.0.1", port: Int = 7773,
            connects: Bool = false, token: Secret? = nil, unconfirmedMaxBytes: Int = 8 << 20
        ) {
            self.name = name
            self.host = host
            self.port = port
            self.connects = connects
            self.token = token
            self.unconfirmedMaxBytes = unconfirmedMaxBytes
        }
    }

    private struct Chunk {
        let last: UInt64
        let bytes: [UInt8]
    }

    private struct State {
        /// Chunks that are sent or to be sent, and not safe yet.
        var unconfirmed: [Chunk] = []
        var unconfirmedBytes = 0
        var open: [UInt8] = []
        var lastLine: UInt64 = 0
        var safe: UInt64 = 0
        /// The last line that was safe when the first receiver connected. Lines up to it are skipped.
        var resumed: UInt64?
        var channel: (any Channel)?
        var isClosed = false
        /// Whether the last attempt to connect failed.
        var isUnreachable = false
        /// Whether the call that closes has ended the event loop.
        var isEnded = false
        var failure: SwiftwaterError?
    }

    private let settings: Settings
    private let state = Monitor(State())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: (any Channel)?

    /// Starts to listen or to connect.
    ///
    /// - Throws: `network` if it cannot listen.
    public init(_ settings: Settings) throws {
        self.settings = settings
        guard !settings.connects else {
            listener = nil
            connect()
            return
        }
        // A program that connects to this sender must not be shown its token.
        let (group, state, hello) = (group, state, AcknowledgedFraming.hello(settings.name, token: nil))
        do {
            listener = try ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { AcknowledgedSender.prepare($0, state, hello) }
                .bind(host: settings.host, port: settings.port).wait()
        } catch {
            try? group.syncShutdownGracefully()
            throw ConnectionFailure.listening(settings.host, settings.port, error)
        }
    }

    /// The port on which it listens, or to which it connects.
    public var port: Int { listener?.localAddress?.port ?? settings.port }

    /// The last line that the receiver has acknowledged.
    public var safePosition: UInt64 { state.read { $0.safe } }

    private func connect() {
        guard !state.read({ $0.isClosed }) else { return }
        let (state, hello) = (state, AcknowledgedFraming.hello(settings.name, token: settings.token))
        ClientBootstrap(group: group)
            .channelInitializer { AcknowledgedSender.prepare($0, state, hello) }
            .connect(host: settings.host, port: settings.port)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    state.update { $0.isUnreachable = false }
                    channel.closeFuture.whenComplete { _ in self.connectSoon() }
                case .failure(let error):
                    let isNews = state.update { state in
                        defer { state.isUnreachable = true }
                        return !state.isUnreachable && !state.isClosed
                    }
                    if isNews {
                        self.settings.report(
                            "cannot connect to \(self.settings.host):\(self.settings.port): "
                                + "\(ConnectionFailure.words(error)); trying again until it can")
                    }
                    self.connectSoon()
                }
            }
    }

    private func connectSoon() {
        // Under the lock: `close` sets `isClosed` under it before it shuts down the event loop.
        state.update { state in
            guard !state.isClosed else { return }
            group.next().scheduleTask(in: .milliseconds(200)) { self.connect() }
        }
    }

    private static func prepare(
        _ channel: any Channel, _ state: Monitor<State>, _ hello: String
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                SenderHandler(
                    hello: hello, resume: { resume($0, channel, state) }, safe: { confirm($0, state) },
                    refused: { refuse(state) }))
        }
    }

    private static func refuse(_ state: Monitor<State>) {
        state.update { state in
            state.failure = SwiftwaterError(
                .invalidArgument, "the receiver refuses this sender: it shows no token, or the wrong one",
                remedy: "use the receiver's token", setting: .token)
        }
    }

    /// Handles the position of a receiver: lines that it lacks are sent again. A receiver that connects later takes
    /// over.
    private static func resume(_ position: UInt64, _ channel: any Channel, _ state: Monitor<State>) {
        let (old, chunks): ((any Channel)?, [Chunk]) = state.update { state in
            defer { state.channel = channel }
            if position < state.safe {
                state.failure = SwiftwaterError(
                    .corrupted,
                    "the receiver acknowledged line \(state.safe) but now has \(position) lines: it has lost some",
                    remedy: "restore the receiver's checkpoint directory, or send under another name")
            }
            if state.resumed == nil { state.resumed = position }
            drop(upTo: position, &state)
            return (state.channel, state.unconfirmed)
        }
        old?.close(promise: nil)
        for chunk in chunks { write(chunk, channel) }
    }

    private static func confirm(_ position: UInt64, _ state: Monitor<State>) {
        state.update { drop(upTo: position, &$0) }
    }

    private static func drop(upTo position: UInt64, _ state: inout State) {
        state.safe = max(state.safe, position)
        while let first = state.unconfirmed.first, first.last <= position {
            state.unconfirmedBytes -= first.bytes.count
            state.unconfirmed.removeFirst()
        }
    }

    private static func write(_ chunk: Chunk, _ channel: any Channel) {
        var buffer = ByteBuffer(string: "chunk \(chunk.last) \(chunk.bytes.count)\n")
        buffer.writeBytes(chunk.bytes)
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// Takes the next line. Blocks until the first receiver connects, and while too much is unacknowledged.
    public func send(_ line: String) throws {
        let isFull: Bool = try state.wait { state -> Bool? in
            if let failure = state.failure { throw failure }
            if state.isClosed { return false }
            guard let resumed = state.resumed, state.unconfirmedBytes < settings.unconfirmedMaxBytes else { return nil }
            state.lastLine += 1
            guard state.lastLine > resumed else { return false }
            state.open.append(contentsOf: line.utf8)
            state.open.append(0x0A)
            return state.open.count >= 64 << 10
        }
        if isFull { flush() }
    }

    /// Sends the lines taken so far.
    public func flush() {
        let ready: (Chunk, (any Channel)?)? = state.update { state in
            guard !state.open.isEmpty else { return nil }
            let chunk = Chunk(last: state.lastLine, bytes: state.open)
            state.open = []
            state.unconfirmed.append(chunk)
            state.unconfirmedBytes += chunk.bytes.count
            return (chunk, state.channel)
        }
        if let (chunk, channel) = ready, let channel { AcknowledgedSender.write(chunk, channel) }
    }

    /// Sends the lines taken so far, waits until all of them are safe, at most for `patience`, and closes.
    ///
    /// If another call is already closing the sender, this one waits for it.
    ///
    /// - Returns: the number of unacknowledged lines.
    @discardableResult
    public func close(patience: Duration? = nil) -> Int {
        flush()
        let isDone: (inout State) -> Void? = { $0.unconfirmed.isEmpty || $0.isClosed || $0.failure != nil ? () : nil }
        if let patience { _ = state.wait(atMost: patience, for: isDone) } else { state.wait(for: isDone) }
        let (isOurs, channel, left) = state.update { state in
            defer { state.isClosed = true }
            return (
                !state.isClosed, state.channel, state.unconfirmed.isEmpty ? 0 : Int(state.lastLine - state.safe)
            )
        }
        // An event loop that has ended takes no more work, and who waits for it waits forever.
        guard isOurs else {
            state.wait { $0.isEnded ? () : nil }
            return left
        }
        try? channel?.close().wait()
        try? listener?.close().wait()
        try? group.syncShutdownGracefully()
        state.update { $0.isEnded = true }
        return left
    }
}

private final class SenderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let hello: String
    private let refused: () -> Void
    private let resume: (UInt64) -> Void
    private let safe: (UInt64) -> Void
    private var buffer = ByteBuffer()

    init(
        hello: String, resume: @escaping (UInt64) -> Void, safe: @escaping (UInt64) -> Void,
        refused: @escaping () -> Void
    ) {
        (self.hello, self.refused) = (hello, refused)
        self.resume = resume
        self.safe = safe
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: hello)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
        do {
            while let line = try AcknowledgedFraming.line(&buffer) {
                guard line != AcknowledgedFraming.refusal else { return refused() }
                let words = line.split(separator: " ")
                guard words.count == 2, let position = UInt64(words[1]) else {
                    throw AcknowledgedFraming.unexpected(line)
                }
                switch words[0] {
                case "resume": resume(position)
                case "safe": safe(position)
                default: throw AcknowledgedFraming.unexpected(line)
                }
            }
        } catch {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
