import Logging
import SwiftwaterCore
import SwiftwaterFormats

/// Something that receives text on threads of its own and hands it to the engine.
///
/// What a receiver must promise: bytes are stored in the order they came; `endOfInput` is called where a connection or file
/// ends, so that a last line without a line end is delivered; after `stop` returned nothing is stored any more; while
/// `hasRoom` is false it reads no more, until the closure given to `whenRoom` is called.
public protocol TextReceiver: Sendable {
    func start(into store: ReceiverStore) throws
    func stop()
}

/// Where a receiver puts what it gets: bytes become blocks of whole lines, and blocks wait for their batch.
public final class ReceiverStore: Sendable {
    private struct State {
        var builder: BlockBuilder
        var ready: [TextBlock] = []
        var readyBytes = 0
        /// Bytes of batches that are made but not done.
        var inBatches: [BatchTime: Int] = [:]
        var whenRoom: (@Sendable () -> Void)?
        var reportedFaults = LineFaults()
    }

    private let state: Monitor<State>
    private let limitBytes: Int
    private let limits: LineLimits
    private let name: String
    private let context: Context

    init(name: String, settings: StreamSettings, context: Context) {
        self.name = name
        self.context = context
        limitBytes = settings.receiverBufferMaxBytes
        limits = settings.lineLimits
        state = Monitor(State(builder: BlockBuilder(limits: settings.lineLimits)))
    }

    /// Takes received bytes. Returns whether there is room for more.
    @discardableResult
    public func store(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.update { state in
            state.builder.append(bytes) { block in
                state.ready.append(block)
                state.readyBytes += block.byteCount
            }
            return hasRoom(state)
        }
    }

    /// The receiver has stopped: nobody waits for room any more.
    func forgetWaiter() { state.update { $0.whenRoom = nil } }

    /// The connection or file has ended: a last line without line end is a line.
    public func endOfInput() {
        state.update { state in
            if let block = state.builder.finish() {
                state.ready.append(block)
                state.readyBytes += block.byteCount
            }
        }
    }

    public var hasRoom: Bool { state.read { hasRoom($0) } }

    /// Calls `body` once when there is room, at once where there is some now.
    public func whenRoom(_ body: @escaping @Sendable () -> Void) {
        let isNow = state.update { state in
            if hasRoom(state) { return true }
            state.whenRoom = body
            return false
        }
        if isNow { body() }
    }

    /// A line that has not ended counts only beside others: alone it has to be read on until its end or its limit.
    private func hasRoom(_ state: State) -> Bool {
        let cut = state.readyBytes + state.inBatches.values.reduce(0, +)
        return cut == 0 || cut + state.builder.pendingBytes < limitBytes
    }

    var hasPending: Bool { state.read { !$0.ready.isEmpty || $0.builder.pendingBytes > 0 } }

    /// All whole lines received until now, for the batch at `time`.
    func takeBlocks(for time: BatchTime) -> [TextBlock] {
        let (blocks, faults, before) = state.update { state in
            if let block = state.builder.cut() { state.ready.append(block) }
            let blocks = state.ready
            state.ready = []
            state.readyBytes = 0
            state.inBatches[time] = blocks.reduce(0) { $0 + $1.byteCount }
            defer { state.reportedFaults = state.builder.faults }
            return (blocks, state.builder.faults, state.reportedFaults)
        }
        for message in faults.messages(since: before, limits: limits) { context.logger.warning("\(name): \(message)") }
        return blocks
    }

    func release(_ time: BatchTime) {
        let wake = state.update { state -> (@Sendable () -> Void)? in
            state.inBatches[time] = nil
            guard hasRoom(state) else { return nil }
            defer { state.whenRoom = nil }
            return state.whenRoom
        }
        wake?()
    }
}

/// A receiver as a source of a stream.
final class ReceiverInput: StreamInput {
    let receiver: any TextReceiver
    let store: ReceiverStore

    init(receiver: any TextReceiver, store: ReceiverStore) {
        self.receiver = receiver
        self.store = store
    }

    func start() throws { try receiver.start(into: store) }
    func stop() {
        receiver.stop()
        store.forgetWaiter()
        store.endOfInput()
    }
    var hasPending: Bool { store.hasPending }
    func release(_ time: BatchTime) { store.release(time) }
}

extension StreamingContext {
    /// A stream of the lines that a receiver of your own delivers.
    public func receiverStream(_ receiver: any TextReceiver, name: String = "receiver") -> DStream<Text> {
        let store = ReceiverStore(name: name, settings: settings, context: context)
        graph.add(ReceiverInput(receiver: receiver, store: store))
        let context = context
        let node = StreamNode<Text>(name: name, slide: batchInterval, parents: [], graph: graph) { time in
            context.blocks(store.takeBlocks(for: time), name: name)
        }
        return DStream(context: self, node: node)
    }
}
