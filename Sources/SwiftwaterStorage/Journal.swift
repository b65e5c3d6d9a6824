import SwiftwaterCore

/// A write-ahead log: records in the order of appending, in segments of limited size that are removed when they are no
/// longer needed.
///
///     segment   "SWJRNL01"  number of its first record (8)  CRC-32C of both (4)   record  record ...
///     record    length of type and payload (4)  CRC-32C (4)  type (1)  payload
///
/// A record's checksum covers the type, the payload and the record's number. The number is not stored: a record in the
/// wrong place is as damaged as one with wrong bytes. Appending queues a record; `flush` writes and synchronizes all
/// queued records, for all waiting threads (group commit). Every process that opens a journal begins a new segment, so
/// nothing is ever written after bytes that may be torn.
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

    private struct Queued {
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
    private let settings: JournalSettings
    private let state: Monitor<State>
    /// Used only by the thread that is writing.
    private let output: UncheckedOutput

    private final class UncheckedOutput: @unchecked Sendable {
        var file: (any WritableFile)?
        var fileBytes = 0
    }

    /// Opens the journal in `directory`, which is created if needed.
    ///
    /// - Parameter contents: the contents of the directory.
    package init(
        directory: String, continuing contents: JournalContents, files: any FileSystem = LocalFileSystem(),
        settings: JournalSettings = JournalSettings()
    ) throws {
        self.directory = directory
        self.files = files
        self.settings = settings
        output = UncheckedOutput()
        try files.createDirectory(directory)
        state = Monitor(
            State(nextNumber: contents.nextNumber, durable: contents.nextNumber, segments: contents.segments))
    }

    deinit { output.file?.close() }

    /// Returns the path of a segment's file.
    package func path(ofSegment segment: UInt64) -> String { JournalContents.segmentPath(directory, segment) }

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
            let header = Journal.header(checksum.value, type: type, payload: payload, bodyBytes: body?.byteCount ?? 0)
            state.nextNumber += 1
            state.queue.append(Queued(number: number, header: header, body: body))
            state.queuedBytes += bytes
            return number
        }
    }

    private static func header(_ checksum: UInt32, type: UInt8, payload: [UInt8], bodyBytes: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(integer: UInt32(1 + payload.count + bodyBytes))
        writer.write(integer: checksum)
        writer.write(byte: type)
        payload.withUnsafeBytes { writer.append($0) }
        return writer.bytes
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
                state.update { state in
                    state.durable = work.last.map { $0.number + 1 } ?? state.durable
                    state.isWriting = false
                }
            } catch {
                let known = (error as? SwiftwaterError) ?? SwiftwaterError(.io, "\(error)", cause: error)
                state.update { state in
                    // Nothing may be written after bytes that may be torn, so the journal stays closed.
                    state.failure = known
                    state.isWriting = false
                }
                throw known
            }
        }
    }

    private func write(_ records: [Queued]) throws {
        var buffer: [UInt8] = []
        func put() throws {
            guard !buffer.isEmpty else { return }
            try buffer.withUnsafeBytes { try output.file!.append($0) }
            buffer.removeAll(keepingCapacity: true)
        }
        let start = state.read { $0.segmentStart }
        for record in records {
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
        try JournalContents.segmentHeader(segment).withUnsafeBytes { try file.append($0) }
        if settings.synchronizes {
            try file.synchronize()
            try files.synchronizeDirectory(directory)
        }
        output.file = file
        output.fileBytes = JournalContents.segmentHeaderBytes
        // A torn segment without a whole record has the same number; its file was replaced.
        state.update { if $0.segments.last != segment { $0.segments.append(segment) } }
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
        // One by one, from the first on, and each for good before the next, so that a crash leaves no gap between the
        // segments that remain. If the disk fails, the next call begins with the same one.
        while let segment = state.update({ $0.segments.count > 1 && $0.segments[1] <= number ? $0.segments[0] : nil }) {
            try files.remove(path(ofSegment: segment))
            if settings.synchronizes { try files.synchronizeDirectory(directory) }
            state.update { if $0.segments.first == segment { $0.segments.removeFirst() } }
        }
    }

    /// Writes the queued records and closes the file.
    package func close() throws {
        try flush()
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
