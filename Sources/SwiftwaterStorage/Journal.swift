import SwiftwaterCore

/// A write-ahead log: records in the order of appending, in segments of limited size that are removed when they are no
/// longer needed.
///
/// `JournalFormat` has the bytes. A record's checksum covers the type, the payload and the record's number. The number
/// is not stored: a record in the wrong place is as damaged as one with wrong bytes. Appending queues a record; `flush`
/// writes and synchronizes all queued records, for all waiting threads (group commit), and notes in the mark how many
/// records are durable now: what a later start cannot read is then known to be lost, or never to have been
/// acknowledged. Every process that opens a journal begins a new segment, so nothing is ever written after bytes that
/// may be torn.
package final class Journal: Sendable {

    /// The place of a record's payload.
    package struct Location: Sendable, Hashable {
        /// The number of the segment's first record.
        package let segment: UInt64
        /// The offset of the payload in the segment's file.
        package let offset: Int
        /// The size of the payload in bytes.
        package let count: Int

        /// Creates a location.
        package init(segment: UInt64, offset: Int, count: Int) {
            (self.segment, self.offset, self.count) = (segment, offset, count)
        }
    }

    /// A record found on the disk.
    package struct Entry: Sendable {
        /// The record's number.
        package let number: UInt64
        /// The record's type.
        package let type: UInt8
        /// The place of the payload.
        package let location: Location
    }

    /// A record that waits to be written.
    struct Queued {
        let number: UInt64
        let header: [UInt8]
        let body: (any JournalBody)?
        var byteCount: Int { header.count + (body?.byteCount ?? 0) }
    }

    private struct State {
        var queue: [Queued] = []
        var queuedBytes = 0
        var nextNumber: UInt64
        var durable: UInt64
        var isWriting = false
        var failure: SwiftwaterError?
        /// The record that begins a new segment, whatever the size of the current one.
        var segmentStart: UInt64?
        /// The numbers of the segments' first records, oldest first.
        var segments: [UInt64]
    }

    /// The journal's directory.
    package let directory: String
    private let files: any FileSystem
    let settings: JournalSettings
    /// The place of the journal in a store; nil on a disk.
    private let place: StorePlace?
    private let state: Monitor<State>
    private let output: UncheckedOutput

    /// All but the mark is used only by the thread that is writing.
    private final class UncheckedOutput: @unchecked Sendable {
        var file: (any WritableFile)?
        var fileBytes = 0
        /// The offset of the last frame in the file.
        var frameOffset = 0
        /// The segment with the last durable record that this process wrote, and its size up to the end of that.
        var durable: (segment: UInt64, bytes: Int)?
        /// The mark; nil in a store, which needs none.
        let mark: JournalMark?
        init(_ mark: JournalMark?) { self.mark = mark }
    }

    /// Opens the journal in `directory`, which is created if needed.
    ///
    /// - Parameter contents: the contents of the directory.
    package init(
        directory: String, continuing contents: JournalContents, files: any FileSystem = URLFileSystem(),
        settings: JournalSettings = JournalSettings()
    ) throws {
        self.directory = directory
        self.files = files
        self.settings = settings
        place = try StorePlace(directory, files)
        guard place == nil else {
            output = UncheckedOutput(nil)
            state = Monitor(
                State(nextNumber: contents.nextNumber, durable: contents.nextNumber, segments: contents.segments))
            return
        }
        try files.createDirectory(directory)
        try Journal.removeTorn(contents, directory, files, settings)
        // What could be read counts from now on, also what the process before wrote and did not synchronize.
        let segments = contents.segments.filter { $0 < contents.nextNumber }
        if settings.synchronizes, let last = segments.last {
            let file = try files.update(JournalFormat.segmentPath(directory, last))
            defer { file.close() }
            try file.synchronize()
        }
        output = UncheckedOutput(
            try JournalMark(
                directory: directory, (segments.first ?? contents.nextNumber)..<contents.nextNumber,
                files: files, synchronizes: settings.synchronizes))
        state = Monitor(
            State(nextNumber: contents.nextNumber, durable: contents.nextNumber, segments: segments))
    }

    /// Removes what was dropped as torn, last segment first, before anything is written after it. Otherwise a later
    /// start could not tell it from damage, or would find its segments between those that follow.
    private static func removeTorn(
        _ contents: JournalContents, _ directory: String, _ files: any FileSystem, _ settings: JournalSettings
    ) throws {
        let all = try files.list(directory).filter { $0.hasSuffix(".log") }.compactMap { UInt64($0.dropLast(4)) }
        let gone = all.filter { $0 >= contents.nextNumber }.sorted(by: >)
        for segment in gone { try files.remove(JournalFormat.segmentPath(directory, segment)) }
        if !gone.isEmpty, settings.synchronizes { try files.synchronizeDirectory(directory) }
        guard contents.droppedBytes > 0, let last = contents.entries.last?.location else { return }
        let file = try files.update(JournalFormat.segmentPath(directory, last.segment))
        defer { file.close() }
        try file.truncate(to: last.offset + last.count)
        if settings.synchronizes { try file.synchronize() }
    }

    deinit {
        output.file?.close()
        output.mark?.close()
    }

    /// Returns the path of a segment's file.
    package func path(ofSegment segment: UInt64) -> String { JournalFormat.segmentPath(directory, segment) }

    /// The number of the next record.
    package var nextNumber: UInt64 { state.read { $0.nextNumber } }

    /// The number before which all records are durable.
    package var durableNumber: UInt64 { state.read { $0.durable } }

    /// Queues a record and returns its number. Flushes first if the queue is full.
    @discardableResult
    package func append(type: UInt8, _ payload: [UInt8], body: (any JournalBody)? = nil) throws -> UInt64 {
        let bytes = payload.count + (body?.byteCount ?? 0)
        let isFull = state.read { $0.queuedBytes > 0 && $0.queuedBytes + bytes > settings.queueMaxBytes }
        if isFull { try flush() }
        // Only the number is added to the checksum under the lock.
        var checksum = Checksum()
        withUnsafeBytes(of: type) { checksum.update($0) }
        payload.withUnsafeBytes { checksum.update($0) }
        body?.withBytes { checksum.update($0) }
        return try state.update { state in
            if let failure = state.failure { throw failure }
            let number = state.nextNumber
            withUnsafeBytes(of: number.littleEndian) { checksum.update($0) }
            let header = JournalFormat.recordHead(
                checksum.value, type: type, payload: payload, bodyBytes: body?.byteCount ?? 0)
            state.nextNumber += 1
            state.queue.append(Queued(number: number, header: header, body: body))
            state.queuedBytes += bytes
            return number
        }
    }

    /// Returns when all records appended before the call are durable. One caller writes for all others.
    package func flush() throws {
        let wanted = state.read { $0.nextNumber }
        while true {
            let work: [Queued]? = try state.wait { state -> [Queued]?? in
                if let failure = state.failure { throw failure }
                if state.durable >= wanted { return .some(nil) }
                if state.isWriting { return nil }
                state.isWriting = true
                defer {
                    state.queue = []
                    state.queuedBytes = 0
                }
                return .some(state.queue)
            }
            guard let work else { return }
            do {
                try write(work)
                if let last = work.last { try output.mark?.acknowledge(before: last.number + 1) }
                if output.file != nil { output.durable = (state.read { $0.segments.last! }, output.fileBytes) }
                state.update { state in
                    state.durable = work.last.map { $0.number + 1 } ?? state.durable
                    state.isWriting = false
                }
            } catch {
                let known = (error as? SwiftwaterError) ?? SwiftwaterError(.io, "\(error)", cause: error)
                state.update { state in
                    // Nothing may be written after bytes that may be torn, so the journal stays closed; see `reopen`.
                    state.failure = known
                    state.isWriting = false
                }
                throw known
            }
        }
    }

    private func write(_ records: [Queued]) throws {
        if let place {
            let segments = try putGroup(records, place)
            state.update { $0.segments += segments }
            return
        }
        var buffer: [UInt8] = []
        func put() throws {
            guard !buffer.isEmpty else { return }
            try buffer.withUnsafeBytes { try output.file!.append($0) }
            buffer.removeAll(keepingCapacity: true)
        }
        let start = state.read { $0.segmentStart }
        for (position, record) in records.enumerated() {
            if output.file == nil || record.number == start
                || output.fileBytes + record.byteCount > settings.segmentMaxBytes
            {
                if output.file != nil {
                    try put()
                    if settings.synchronizes { try output.file!.synchronize() }
                    output.file!.close()
                    output.file = nil
                }
                try begin(segment: record.number)
            }
            if position == 0 || output.fileBytes - output.frameOffset >= JournalFormat.frameDistanceBytes {
                output.frameOffset = output.fileBytes
                buffer += JournalFormat.frame(
                    .init(number: record.number, offset: output.fileBytes, beginsGroup: position == 0))
                output.fileBytes += JournalFormat.frameBytes
            }
            buffer.append(contentsOf: record.header)
            if let body = record.body {
                if body.byteCount > 64 << 10 {
                    try put()
                    try body.withBytes { try output.file!.append($0) }
                } else {
                    body.withBytes { buffer.append(contentsOf: $0) }
                }
            }
            output.fileBytes += record.byteCount
            if buffer.count > 1 << 20 { try put() }
        }
        try put()
        if settings.synchronizes { try output.file?.synchronize() }
    }

    private func begin(segment: UInt64) throws {
        for _ in 0..<settings.openRetries {
            do { return try beginOnce(segment) } catch let error as SwiftwaterError
                where error.code == .io && error.isRetryable
            {
                // Callers that wait for the disk wait for this as well.
                _ = state.wait(atMost: settings.openPause) { _ in nil as Void? }
            }
        }
        try beginOnce(segment)
    }

    private func beginOnce(_ segment: UInt64) throws {
        let file = try files.create(path(ofSegment: segment))
        try JournalFormat.segmentHeader(segment).withUnsafeBytes { try file.append($0) }
        if settings.synchronizes {
            try file.synchronize()
            try files.synchronizeDirectory(directory)
        }
        try output.mark?.synchronize()
        output.file = file
        output.fileBytes = JournalFormat.segmentHeaderBytes
        output.frameOffset = 0
        // A torn segment without a whole record has the same number; its file was replaced.
        state.update { if $0.segments.last != segment { $0.segments.append(segment) } }
    }

    /// Whether a write failed, so that nothing can be written until `reopen`.
    package var hasFailed: Bool { state.read { $0.failure != nil } }

    /// Takes back what was being written when the journal failed, which nobody was told was durable, and begins a new
    /// segment. Queued records are dropped: their writers got the error. Only for journals with one writer.
    ///
    /// - Throws: `io` if there is still no room; the journal then stays as it is.
    package func reopen() throws {
        guard hasFailed else { return }
        output.file?.close()
        output.file = nil
        let next = durableNumber
        // Before the records: the mark may count some of them.
        try output.mark?.takeBack(to: next)
        // Also files whose header could not be written.
        for name in try files.list(directory) where name.hasSuffix(".log") {
            if let segment = UInt64(name.dropLast(4)), segment >= next { try files.remove(path(ofSegment: segment)) }
        }
        state.update { $0.segments.removeAll { $0 >= next } }
        if let durable = output.durable, state.read({ $0.segments.last }) == durable.segment {
            let file = try files.update(path(ofSegment: durable.segment))
            defer { file.close() }
            try file.truncate(to: durable.bytes)
            if settings.synchronizes { try file.synchronize() }
        }
        if settings.synchronizes { try files.synchronizeDirectory(directory) }
        // There is room for a segment now.
        try beginOnce(next)
        state.update { state in
            (state.queue, state.queuedBytes, state.nextNumber) = ([], 0, next)
            (state.failure, state.segmentStart) = (nil, nil)
        }
    }

    /// Lets the next record begin a new segment, and returns its number.
    package func beginSegment() throws -> UInt64 {
        try state.update { state in
            if let failure = state.failure { throw failure }
            state.segmentStart = state.nextNumber
            return state.nextNumber
        }
    }

    /// Removes the segments whose records all come before record `number`.
    package func forget(before number: UInt64) throws {
        let kept = state.read { state in state.segments.last { $0 <= number } }
        if let kept { try output.mark?.forget(before: kept) }
        // One by one, from the first on, and each for good before the next, so that a crash leaves no gap between the
        // segments that remain. If the disk fails, the next call begins with the same one.
        while let segment = state.update({ $0.segments.count > 1 && $0.segments[1] <= number ? $0.segments[0] : nil }) {
            if let place {
                try Journal.remove(segment, place)
            } else {
                try files.remove(path(ofSegment: segment))
                if settings.synchronizes { try files.synchronizeDirectory(directory) }
            }
            state.update { if $0.segments.first == segment { $0.segments.removeFirst() } }
        }
    }

    /// Makes durable how much was acknowledged, so that a power failure leaves no doubt about the last group. Call it
    /// when nothing has been written for a while; the next group does the same for those before it.
    package func settle() throws { try output.mark?.synchronize() }

    /// Writes the queued records and closes the file.
    package func close() throws {
        try flush()
        try output.mark?.synchronize()
        output.file?.close()
        output.file = nil
    }
}

/// The bytes of a record that are not copied into the queue.
package protocol JournalBody: Sendable {
    /// The number of bytes.
    var byteCount: Int { get }
    /// Calls `body` with the bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}
