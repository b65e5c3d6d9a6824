import SwiftwaterCore

/// A write-ahead log: records in the order they were appended, in segments that roll at a size and go when nobody needs
/// them any more.
///
///     segment   "SWJRNL01"  number of its first record (8)  CRC-32C of both (4)   record  record ...
///     record    length of type and payload (4)  CRC-32C (4)  type (1)  payload
///
/// A record's checksum is that of type, payload and its number, which is not written: a record in the wrong place is as damaged as one with wrong
/// bytes. Appending queues a record; `flush` writes and synchronizes everything that is queued, for all who wait (group
/// commit). A journal is opened anew after every start, with a segment of its own: nothing is ever written behind bytes that
/// may be torn.
package final class Journal: Sendable {

    /// Where a record's payload is.
    package struct Location: Sendable, Hashable {
        package let segment: UInt64
        package let offset: Int
        package let count: Int

        package init(segment: UInt64, offset: Int, count: Int) {
            (self.segment, self.offset, self.count) = (segment, offset, count)
        }
    }

    /// A record as it is found again.
    package struct Entry: Sendable {
        package let number: UInt64
        package let type: UInt8
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
        /// The record that begins a segment, whatever the size of the one before.
        var segmentStart: UInt64?
        /// Numbers of first records, oldest first.
        var segments: [UInt64]
    }

    package let directory: String
    private let files: any FileSystem
    private let settings: JournalSettings
    private let state: Monitor<State>
    /// Touched by whoever is writing only.
    private let output: UncheckedOutput

    private final class UncheckedOutput: @unchecked Sendable {
        var file: (any WritableFile)?
        var fileBytes = 0
    }

    /// Opens the journal in `directory`, which is made where it does not exist.
    ///
    /// - Parameters:
    ///   - contents: what `JournalContents` found there.
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

    package func path(ofSegment segment: UInt64) -> String { JournalContents.segmentPath(directory, segment) }

    /// The number that the next record gets.
    package var nextNumber: UInt64 { state.read { $0.nextNumber } }

    /// All records before this number are durable.
    package var durableNumber: UInt64 { state.read { $0.durable } }

    /// Queues a record and gives its number. Waits while the queue is full.
    @discardableResult
    package func append(type: UInt8, _ payload: [UInt8], body: (any JournalBody)? = nil) throws -> UInt64 {
        let bytes = payload.count + (body?.byteCount ?? 0)
        let isFull = state.read { $0.queuedBytes > 0 && $0.queuedBytes + bytes > settings.queueMaxBytes }
        if isFull { try flush() }
        // All but the number goes into the checksum before the lock is taken.
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

    /// Returns when all records appended before the call are durable. One caller writes for all.
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
                    // What may be torn is not written behind: the journal is closed for good.
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
                // Whoever waits for the disk waits for this as well.
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
        // A torn segment without a whole record has the same number, and its file was replaced.
        state.update { if $0.segments.last != segment { $0.segments.append(segment) } }
    }

    /// The next record begins a segment; its number.
    package func beginSegment() throws -> UInt64 {
        try state.update { state in
            if let failure = state.failure { throw failure }
            state.segmentStart = state.nextNumber
            return state.nextNumber
        }
    }

    /// Removes the segments all of whose records come before record `number`.
    package func forget(before number: UInt64) throws {
        let gone: [UInt64] = state.update { state in
            var gone: [UInt64] = []
            while state.segments.count > 1, state.segments[1] <= number { gone.append(state.segments.removeFirst()) }
            return gone
        }
        for segment in gone {
            try files.remove(path(ofSegment: segment))
            // One after the other: after a crash there may be no gap between those that are left.
            if settings.synchronizes { try files.synchronizeDirectory(directory) }
        }
    }

    /// Writes what is queued and closes the file.
    package func close() throws {
        try flush()
        output.file?.close()
        output.file = nil
    }
}

/// Bytes of a record that are not copied into the queue.
package protocol JournalBody: Sendable {
    var byteCount: Int { get }
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}
