import SwiftwaterCore
import SwiftwaterStorage

/// A stream's input from a receiver.
final class ReceiverInput: StreamInput {
    let receiver: any TextReceiver
    let store: ReceiverStore

    init(receiver: any TextReceiver, store: ReceiverStore) {
        self.receiver = receiver
        self.store = store
    }

    /// Wherever lines come from, the log has them, and senders are known by their names.
    func identity(_ kind: String) -> String { "receiver" }
    func attach(_ log: SourceLog) { store.attach(log) }
    func start() throws { try receiver.start(into: store) }
    func stop() {
        receiver.stop()
        store.forgetWaiters()
        store.endOfInput()
    }
    var status: SourceStatus? { receiver.status }
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
        guard store.has(first, blocks.first { $0.number! >= first }), end == first || store.has(end - 1, blocks.last)
        else {
            throw SwiftwaterError(
                .corrupted, "batch \(time) holds records \(first) to \(end - 1) of the log, and some are missing",
                remedy: JournalContents.remedy)
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
