import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The buffer between a receiver and the batches.
///
/// Received bytes become blocks of whole lines, which are logged if there is a log, and wait for their batch.
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
        var senders = SenderPositions()
        /// Closures to call once when there is room: one for each waiting connection.
        var whenRoom: [@Sendable () -> Void] = []
        /// Closures to call when a record is durable.
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

    /// Stores received bytes. Returns whether there is room for more.
    @discardableResult
    public func store(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.update { state in
            var blocks: [TextBlock] = []
            state.builder.append(bytes) { blocks.append($0) }
            for block in blocks { add(block, &state) }
            return hasRoom(state)
        }
    }

    /// Stores all or none of the whole lines from a sender that waits for an acknowledgment.
    ///
    /// - Parameters:
    ///   - sender: the name under which lines are numbered.
    ///   - position: the number of the last of these lines. Lines up to the sender's last known number are
    ///     already stored.
    ///   - whenSafe: called when the lines are in the log and synchronized, or at once without a log. May be called on
    ///     another thread.
    public func store(
        lines: UnsafeRawBufferPointer, from sender: String, position: UInt64, whenSafe: @escaping @Sendable () -> Void
    ) {
        let isAtOnce: Bool = state.update { state in
            func wait(_ state: inout State) -> Bool {
                // Lines that the log rejected are never safe.
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
            if state.failure == nil { state.senders.set(sender, position) }
            return wait(&state)
        }
        if isAtOnce { whenSafe() }
    }

    /// Returns the number of a sender's last safe line, or 0 if there is none.
    public func lastPosition(of sender: String) -> UInt64 { state.read { $0.senders[sender] ?? 0 } }

    /// Marks the end of a connection or file: a last line without a line end is complete.
    public func endOfInput() {
        state.update { state in if let block = state.builder.finish() { add(block, &state) } }
    }

    /// Whether there is room for more. While there is none, a receiver must not read.
    public var hasRoom: Bool { state.read { hasRoom($0) } }

    /// Calls `body` once when there is room, which may be now. Several closures may wait.
    public func whenRoom(_ body: @escaping @Sendable () -> Void) {
        let isNow = state.update { state in
            if hasRoom(state) { return true }
            state.whenRoom.append(body)
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

    /// Returns whether there is room. An incomplete line counts only beside others: alone, it must be read to its end
    /// or its limit.
    private func hasRoom(_ state: State) -> Bool {
        let cut = state.readyBytes + state.inBatches.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.byteCount } }
        return cut == 0 || cut + state.builder.pendingBytes < limitBytes
    }

    /// Drops the closures that wait for room: the receiver has stopped.
    func forgetWaiters() { state.update { $0.whenRoom = [] } }

    var hasPending: Bool { state.read { !$0.ready.isEmpty || $0.builder.pendingBytes > 0 } }

    func cut() { state.update { state in if let block = state.builder.cut() { add(block, &state) } } }

    /// Notifies the senders whose lines are in the log and synchronized.
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
                if let sender = block.sender {
                    state.senders.set(sender, max(state.senders[sender] ?? 0, block.position))
                }
            }
        }
    }

    // MARK: Batches

    /// Takes the whole lines received so far, up to `maxBytes` or one block, for the batch at `time`. Returns them and
    /// their records.
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

    /// Assigns the blocks of `records`, which were in the log at the start, to the batch at `time`. Discards older
    /// blocks, but for those of a batch after the checkpoint whose record was lost: they come with this one.
    func retake(_ time: BatchTime, records: Range<UInt64>) -> [StoredBlock] {
        let orphaned = state.read { state in state.log.flatMap { $0.lost.count > 0 ? $0.checkpointed : nil } } ?? .max
        discard(before: min(records.lowerBound, orphaned))
        return state.update { state in
            let blocks = Array(state.ready.prefix { $0.number! < records.upperBound })
            state.ready.removeFirst(blocks.count)
            _ = hand(blocks, to: time, &state)
            return blocks
        }
    }

    /// Whether `block` is that of record `number`, or a repair gave that record up.
    func has(_ number: UInt64, _ block: StoredBlock?) -> Bool {
        block?.number == number || state.read { $0.log?.lost.contains(number) ?? false }
    }

    /// Discards the blocks before record `end`, which were in the log at the start.
    func discard(before end: UInt64) {
        state.update { state in
            let old = state.ready.prefix { $0.number! < end }
            state.readyBytes -= old.reduce(0) { $0 + $1.byteCount }
            state.ready.removeFirst(old.count)
        }
    }

    func blocks(of time: BatchTime) -> [StoredBlock] { state.read { $0.inBatches[time] ?? [] } }

    func release(_ time: BatchTime) {
        let waiting = state.update { state -> [@Sendable () -> Void] in
            state.inBatches[time] = nil
            guard hasRoom(state) else { return [] }
            defer { state.whenRoom = [] }
            return state.whenRoom
        }
        for wake in waiting { wake() }
    }

    func firstNeededRecord(after time: BatchTime) -> UInt64? {
        state.update { state in
            state.firstRecords.removeAll { $0.time <= time }
            return state.firstRecords.first?.number ?? state.ready.first?.number
        }
    }

    /// The senders and the numbers of their last lines, in order of the senders' names.
    var position: [UInt8] {
        let senders = state.read { $0.senders }
        var writer = ByteWriter()
        writer.write(count: senders.count)
        for (sender, position) in senders.all {
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
            state.update { $0.senders.set(sender, max($0.senders[sender] ?? 0, last)) }
        }
    }
}
