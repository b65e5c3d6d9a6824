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
        /// The keys of the recent lines of senders that have some.
        var keys: [String: LineKeys] = [:]
        /// Closures to call once when there is room: one for each waiting connection.
        var whenRoom: [@Sendable () -> Void] = []
        /// Closures to call when a record is durable.
        var whenDurable: [(record: UInt64, tell: @Sendable () -> Void)] = []
        /// The lines received since the start.
        var lineCount = 0
        /// Faults of lines that did not go through `builder`.
        var otherFaults = LineFaults()
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
    ///   - lines: the lines, each with its end.
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
            add(lines, &state, from: LogRecord.Origin(sender: sender, position: position))
            if state.failure == nil { state.senders.set(sender, position) }
            return wait(&state)
        }
        if isAtOnce { whenSafe() }
    }

    /// Stores those lines of a live service that are new by their keys. Keys are kept, also over restarts, while the
    /// sender's position is less than `span` beyond theirs.
    ///
    /// - Returns: the number of lines that were not new.
    @discardableResult
    package func store(_ lines: KeyedLines, from sender: String, keeping span: UInt64) -> Int {
        state.update { state in
            let (bytes, keys) = lines.new(to: &state.keys[sender, default: LineKeys()])
            let position = max(lines.position, state.senders[sender] ?? 0)
            if !keys.isEmpty {
                bytes.withUnsafeBytes {
                    add($0, &state, from: LogRecord.Origin(sender: sender, position: position, keys: keys))
                }
                state.keys[sender]?.add(LineKeys.Group(position: position, keys: keys), keeping: span)
            }
            if state.failure == nil { state.senders.set(sender, position) }
            return lines.count - keys.count
        }
    }

    /// Returns the number of a sender's last safe line, or 0 if there is none.
    public func lastPosition(of sender: String) -> UInt64 { state.read { $0.senders[sender] ?? 0 } }

    /// Returns the senders whose names begin so, and the numbers of their last safe lines, in order of the names.
    func senders(withPrefix prefix: String) -> [(name: String, position: UInt64)] {
        state.read { $0.senders.all.filter { $0.name.hasPrefix(prefix) } }
    }

    /// Marks the end of a connection or file: a last line without a line end is complete.
    public func endOfInput() {
        state.update { state in if let block = state.builder.finish() { add(block, &state) } }
    }

    /// Ends the stream with an error, at its next batch.
    package func fail(_ error: SwiftwaterError) { state.update { $0.failure = $0.failure ?? error } }

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

    /// Adds whole lines as one block.
    private func add(_ lines: UnsafeRawBufferPointer, _ state: inout State, from origin: LogRecord.Origin) {
        let builder = BlockBuilder(
            limits: LineLimits(lineLengthMaxBytes: limits.lineLengthMaxBytes, blockTargetBytes: .max))
        builder.append(lines) { _ in }
        let block = builder.finish()
        state.otherFaults = state.otherFaults + builder.faults
        if let block { add(block, &state, from: origin) }
    }

    private func add(_ block: TextBlock, _ state: inout State, from origin: LogRecord.Origin = .init()) {
        var number: UInt64?
        if let log = state.log {
            let (type, head) = LogRecord.block(source: log.name, lines: block.lineCount, from: origin)
            do {
                number = try log.journal.append(type: type, head, body: block)
            } catch {
                state.failure = state.failure ?? (error as? SwiftwaterError)
                return
            }
        }
        state.lineCount += block.lineCount
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

    /// The number of lines received since the start.
    package var lineCount: Int { state.read { $0.lineCount } }

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
                        content: .logged(path: log.path(of: block.location), block.location, log.files),
                        lines: block.lines, byteCount: block.location.count, number: block.number))
                state.readyBytes += block.location.count
                state.nextRecord = block.number + 1
                guard let sender = block.sender else { continue }
                state.senders.set(sender, max(state.senders[sender] ?? 0, block.position))
                guard block.keys != nil else { continue }
                do {
                    let group = LineKeys.Group(position: block.position, keys: try log.keys(of: block))
                    state.keys[sender, default: LineKeys()].restore(group)
                } catch { state.failure = state.failure ?? (error as? SwiftwaterError) }
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
            let faults = state.builder.faults + state.otherFaults
            defer { state.reportedFaults = faults }
            return (blocks, self.hand(blocks, to: time, &state), faults, state.reportedFaults)
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

    /// The senders and the numbers of their last lines, and the keys of recent lines, in order of the senders' names.
    var position: [UInt8] {
        let (senders, keys) = state.read { ($0.senders, $0.keys) }
        return ReceiverPosition(senders: senders.all, keys: keys.mapValues { Array($0.groups) }).bytes
    }

    func restore(_ position: [UInt8]) throws {
        guard !position.isEmpty else { return }
        let known = try ReceiverPosition(reading: position)
        state.update { state in
            for (sender, last) in known.senders { state.senders.set(sender, max(state.senders[sender] ?? 0, last)) }
            for (sender, groups) in known.keys {
                for group in groups { state.keys[sender, default: LineKeys()].restore(group) }
            }
        }
    }
}
