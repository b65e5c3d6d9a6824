import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// Something that receives text on threads of its own and hands it to the engine.
///
/// What a receiver must promise, and `SwiftwaterTesting` checks:
/// 1. Bytes are stored in the order they came.
/// 2. `endOfInput` is called where a connection or file ends, so that a last line without a line end is delivered.
/// 3. After `stop` returned nothing is stored any more.
/// 4. While `hasRoom` is false it reads no more, until the closure given to `whenRoom` is called.
/// 5. It starts and stops more than once in a process, each time with a new store.
public protocol TextReceiver: Sendable {
    func start(into store: ReceiverStore) throws
    func stop()
}

/// Where a receiver puts what it gets: bytes become blocks of whole lines, which go to the log where there is one, and wait
/// for their batch.
public final class ReceiverStore: Sendable {
    private struct State {
        let builder: BlockBuilder
        var ready: [StoredBlock] = []
        var readyBytes = 0
        /// Batches that are made but not done.
        var inBatches: [BatchTime: [StoredBlock]] = [:]
        /// The first record of the batches since the oldest checkpoint in use.
        var firstRecords: [(time: BatchTime, number: UInt64)] = []
        var nextRecord: UInt64 = 0
        var senders: [String: UInt64] = [:]
        var whenRoom: (@Sendable () -> Void)?
        /// Who waits for which record to be durable.
        var whenDurable: [(record: UInt64, tell: @Sendable () -> Void)] = []
        var reportedFaults = LineFaults()
        var log: SourceLog?
        var failure: SwiftwaterError?
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

    // MARK: What receivers call

    /// Takes received bytes. Returns whether there is room for more.
    @discardableResult
    public func store(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.update { state in
            var blocks: [TextBlock] = []
            state.builder.append(bytes) { blocks.append($0) }
            for block in blocks { add(block, &state) }
            return hasRoom(state)
        }
    }

    /// Takes whole lines from a sender that waits for an answer, all of them or none.
    ///
    /// - Parameters:
    ///   - sender: who numbers its lines.
    ///   - position: the number of the last of these lines. What is not above what is known of the sender came before.
    ///   - whenSafe: called when the lines are in the log and synchronized, or, without a log, at once. May be called on
    ///     another thread.
    public func store(
        lines: UnsafeRawBufferPointer, from sender: String, position: UInt64, whenSafe: @escaping @Sendable () -> Void
    ) {
        let isAtOnce: Bool = state.update { state in
            func wait(_ state: inout State) -> Bool {
                // What the log has refused is never safe.
                guard state.failure == nil else { return false }
                guard let log = state.log, state.nextRecord > log.journal.durableNumber else { return true }
                state.whenDurable.append((state.nextRecord - 1, whenSafe))
                return false
            }
            if let known = state.senders[sender], position <= known { return wait(&state) }
            let builder = BlockBuilder(
                limits: LineLimits(lineLengthMaxBytes: limits.lineLengthMaxBytes, blockTargetBytes: .max))
            builder.append(lines) { _ in }
            if let block = builder.finish() { add(block, &state, sender: sender, position: position) }
            if state.failure == nil { state.senders[sender] = position }
            return wait(&state)
        }
        if isAtOnce { whenSafe() }
    }

    /// The number of the last line that is safe of a sender; 0 for none.
    public func lastPosition(of sender: String) -> UInt64 { state.read { $0.senders[sender] ?? 0 } }

    /// The connection or file has ended: a last line without line end is a line.
    public func endOfInput() {
        state.update { state in if let block = state.builder.finish() { add(block, &state) } }
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

    // MARK: Blocks

    private func add(_ block: TextBlock, _ state: inout State, sender: String? = nil, position: UInt64 = 0) {
        var number: UInt64?
        if let log = state.log {
            do {
                number = try log.journal.append(
                    type: LogRecord.blockType,
                    LogRecord.block(source: log.name, lines: block.lineCount, sender: sender, position: position),
                    body: block)
            } catch {
                state.failure = state.failure ?? (error as? SwiftwaterError)
                return
            }
        }
        state.ready.append(
            StoredBlock(content: .memory(block), lines: block.lineCount, byteCount: block.byteCount, number: number))
        state.readyBytes += block.byteCount
        if let number { state.nextRecord = number + 1 }
    }

    /// A line that has not ended counts only beside others: alone it has to be read on until its end or its limit.
    private func hasRoom(_ state: State) -> Bool {
        let cut = state.readyBytes + state.inBatches.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.byteCount } }
        return cut == 0 || cut + state.builder.pendingBytes < limitBytes
    }

    /// The receiver has stopped: nobody waits for room any more.
    func forgetWaiter() { state.update { $0.whenRoom = nil } }

    var hasPending: Bool { state.read { !$0.ready.isEmpty || $0.builder.pendingBytes > 0 } }

    func cut() { state.update { state in if let block = state.builder.cut() { add(block, &state) } } }

    /// Tells the senders whose lines are in the log and synchronized.
    func tellSenders() {
        let told: [@Sendable () -> Void] = state.update { state in
            guard let log = state.log, !state.whenDurable.isEmpty else { return [] }
            let durable = log.journal.durableNumber
            defer { state.whenDurable.removeAll { $0.record < durable } }
            return state.whenDurable.filter { $0.record < durable }.map(\.tell)
        }
        for tell in told { tell() }
    }

    func attach(_ log: SourceLog) {
        state.update { state in
            state.log = log
            for block in log.blocks {
                state.ready.append(
                    StoredBlock(
                        content: .logged(
                            path: log.journal.path(ofSegment: block.location.segment), block.location, log.files),
                        lines: block.lines, byteCount: block.location.count, number: block.number))
                state.readyBytes += block.location.count
                state.nextRecord = block.number + 1
                if let sender = block.sender { state.senders[sender] = max(state.senders[sender] ?? 0, block.position) }
            }
        }
    }

    // MARK: Batches

    /// The whole lines received until now, up to `maxBytes` or one block, for the batch at `time`; and which records they are.
    func take(_ time: BatchTime, maxBytes: Int) throws -> (blocks: [StoredBlock], records: Range<UInt64>) {
        let (taken, records, faults, before) = try state.update { state in
            if let block = state.builder.cut() { add(block, &state) }
            if let failure = state.failure { throw failure }
            var count = 0
            var bytes = 0
            while count < state.ready.count, count == 0 || bytes + state.ready[count].byteCount <= maxBytes {
                bytes += state.ready[count].byteCount
                count += 1
            }
            let blocks = Array(state.ready[..<count])
            state.ready.removeFirst(count)
            defer { state.reportedFaults = state.builder.faults }
            return (blocks, self.hand(blocks, to: time, &state), state.builder.faults, state.reportedFaults)
        }
        for message in faults.messages(since: before, limits: limits) { context.logger.warning("\(name): \(message)") }
        return (taken, records)
    }

    private func hand(_ blocks: [StoredBlock], to time: BatchTime, _ state: inout State) -> Range<UInt64> {
        state.readyBytes -= blocks.reduce(0) { $0 + $1.byteCount }
        state.inBatches[time] = blocks
        guard let first = blocks.first?.number, let last = blocks.last?.number else { return 0..<0 }
        state.firstRecords.append((time, first))
        return first..<last + 1
    }

    /// Gives the batch at `time` the blocks whose records are in `records`; they were in the log at the start. What of older batches
    /// is before them is not needed any more.
    func retake(_ time: BatchTime, records: Range<UInt64>) -> [StoredBlock] {
        discard(before: records.lowerBound)
        return state.update { state in
            let blocks = Array(state.ready.prefix { $0.number! < records.upperBound })
            state.ready.removeFirst(blocks.count)
            _ = hand(blocks, to: time, &state)
            return blocks
        }
    }

    /// Forgets the blocks before record `end`; they were in the log at the start.
    func discard(before end: UInt64) {
        state.update { state in
            let old = state.ready.prefix { $0.number! < end }
            state.readyBytes -= old.reduce(0) { $0 + $1.byteCount }
            state.ready.removeFirst(old.count)
        }
    }

    func blocks(of time: BatchTime) -> [StoredBlock] { state.read { $0.inBatches[time] ?? [] } }

    func release(_ time: BatchTime) {
        let wake = state.update { state -> (@Sendable () -> Void)? in
            state.inBatches[time] = nil
            guard hasRoom(state) else { return nil }
            defer { state.whenRoom = nil }
            return state.whenRoom
        }
        wake?()
    }

    func firstNeededRecord(after time: BatchTime) -> UInt64? {
        state.update { state in
            state.firstRecords.removeAll { $0.time <= time }
            return state.firstRecords.first?.number ?? state.ready.first?.number
        }
    }

    /// Senders and the numbers of their last lines, in order of the senders' names.
    var position: [UInt8] {
        let senders = state.read { $0.senders }
        var writer = ByteWriter()
        writer.write(count: senders.count)
        for (sender, position) in senders.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.write(string: sender)
            writer.write(integer: position)
        }
        return writer.bytes
    }

    func restore(_ position: [UInt8]) throws {
        guard !position.isEmpty else { return }
        var reader = ByteReader(position)
        for _ in 0..<(try reader.readCount()) {
            let sender = try reader.readString()
            let last = try reader.readInteger(UInt64.self)
            state.update { $0.senders[sender] = max($0.senders[sender] ?? 0, last) }
        }
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

    func attach(_ log: SourceLog) { store.attach(log) }
    func start() throws { try receiver.start(into: store) }
    func stop() {
        receiver.stop()
        store.forgetWaiter()
        store.endOfInput()
    }
    var hasPending: Bool { store.hasPending }
    func cut() { store.cut() }

    func take(_ time: BatchTime, maxBytes: Int) throws -> [UInt8] {
        let records = try store.take(time, maxBytes: maxBytes).records
        guard !records.isEmpty else { return [] }
        var writer = ByteWriter()
        writer.write(integer: records.lowerBound)
        writer.write(integer: records.upperBound)
        return writer.bytes
    }

    func tellSenders() { store.tellSenders() }

    func discard(_ description: [UInt8]) throws {
        guard !description.isEmpty else { return }
        var reader = ByteReader(description)
        _ = try reader.readInteger(UInt64.self)
        store.discard(before: try reader.readInteger(UInt64.self))
    }

    func retake(_ time: BatchTime, _ description: [UInt8], isPast: Bool) throws {
        guard !description.isEmpty else { return }
        var reader = ByteReader(description)
        let first = try reader.readInteger(UInt64.self)
        let end = try reader.readInteger(UInt64.self)
        guard first <= end else {
            throw SwiftwaterError(.corrupted, "a batch holds the records \(first) to \(end)")
        }
        let blocks = store.retake(time, records: first..<end)
        guard blocks.first?.number == first, blocks.last?.number == end - 1 else {
            throw SwiftwaterError(
                .corrupted, "batch \(time) holds the log's records \(first) to \(end - 1), which are not all there",
                remedy: "restore the directory from a copy, or begin anew with an empty one")
        }
    }

    func size(of time: BatchTime) -> BatchSize {
        var size = BatchSize()
        for block in store.blocks(of: time) {
            size.records += block.lines
            size.bytes += block.byteCount
        }
        return size
    }

    func release(_ time: BatchTime) { store.release(time) }
    var position: [UInt8] { store.position }
    func restore(_ position: [UInt8]) throws { try store.restore(position) }
    func firstNeededRecord(after time: BatchTime) -> UInt64? { store.firstNeededRecord(after: time) }

    func text(of time: BatchTime) throws -> [UInt8]? {
        var text: [UInt8] = []
        for block in store.blocks(of: time) { try block.withBlock { $0.withBytes { text.append(contentsOf: $0) } } }
        return text
    }
}

extension StreamingContext {
    /// A stream of the lines that a receiver of your own delivers.
    public func receiverStream(_ receiver: any TextReceiver, name: String = "receiver") -> DStream<Text> {
        let store = ReceiverStore(name: name, settings: settings, context: context)
        let context = context
        let node = StreamNode<Text>(kind: name, slide: batchInterval, parents: [], graph: graph) { time in
            context.blocks(store.blocks(of: time), name: name)
        }
        graph.add(ReceiverInput(receiver: receiver, store: store), for: node)
        return DStream(context: self, node: node)
    }
}
