import SwiftwaterCore
import SwiftwaterFormats

/// Reads a file that grows, by its name, as `tail -F` does: when the file is replaced, it is read to its end and the
/// new one from its start; when it is cut off, it is read from its start.
///
/// Lines are handed over with a sender's name and a position, by which a restart knows how far a file was read, also
/// if it was renamed or compressed meanwhile. A line counts when its line end is there, or when the file was replaced.
package final class FileFollower {
    /// What a look at the file found.
    package enum Look: Equatable {
        /// Something was read; there may be more.
        case read
        /// There is nothing new.
        case nothing
        /// There is no file.
        case missing
    }

    /// How long a replaced file must be unchanged, since its writer may not know of it yet.
    static let grace = Duration.seconds(2)

    let path: String
    let format: TextFileFormat
    let limits: LineLimits
    /// The times at which lines were, or may have been, lost.
    package private(set) var gaps = 0
    /// The rows that were left out.
    package private(set) var malformed = 0
    /// Why there is no file to read; nil if there is one.
    package private(set) var missing: String?
    private let clock: any StreamClock
    private let deliver: (_ lines: UnsafeRawBufferPointer, _ sender: String, _ position: UInt64) -> Void
    private let report: (String) -> Void
    private let rotated: RotatedFiles

    private var file: FollowedBytes?
    /// Where the file is read; nil before its first lines.
    private var place: FollowedPlace?
    private var generation = 0
    private var offset = 0
    private var table: TableText?
    /// Whether the rest of a line is left out.
    private var isSkipping = false
    /// When the file was seen to be replaced and unchanged.
    private var replaced: Duration?
    /// The places at the ends of earlier files, the newest last.
    private var ended: [FollowedPlace] = []
    /// When the last file that was read to its end was changed.
    private var endedModified: Int64?
    /// When the file was changed last before it was opened.
    private var openedModified: Int64?

    /// Creates a follower.
    ///
    /// - Parameters:
    ///   - deliver: receives whole lines, the sender's name and its position after them.
    ///   - report: receives what a user should know.
    package init(
        _ path: String, format: TextFileFormat, limits: LineLimits, clock: any StreamClock,
        report: @escaping (String) -> Void,
        deliver: @escaping (_ lines: UnsafeRawBufferPointer, _ sender: String, _ position: UInt64) -> Void
    ) {
        (self.path, self.format, self.limits, self.clock) = (path, format, limits, clock)
        (self.report, self.deliver) = (report, deliver)
        rotated = RotatedFiles(path)
    }

    // MARK: Start

    /// Goes on where an earlier run stopped.
    ///
    /// - Parameter senders: the names and positions that were handed over, in any order.
    package func resume(_ senders: [(name: String, position: UInt64)]) throws {
        // A file has a second name since its beginning was long enough.
        let places = senders.compactMap { FollowedPlace(name: $0.name, position: $0.position, path: path) }
            .sorted { ($0.generation, $0.offset) < ($1.generation, $1.offset) }
        guard let last = places.last else { return }
        ended = Array(places.dropLast().suffix(100))
        generation = last.generation
        if let found = try find(last) { return try begin(found, at: last) }
        gaps += 1
        ended.append(last)
        report(
            "\(path): the file that was read up to byte \(last.offset) is gone; what it had after that is lost, "
                + "and reading goes on with the file that is there")
    }

    /// Skips what the file has now.
    package func skipToEnd() throws {
        guard let open = openPath() else { return }
        let size = try open.state.byteCount
        var start = size
        // To the end of the last whole line.
        while start > 0 {
            let piece = max(0, start - (64 << 10))
            if let line = try open.read(start - piece, at: piece).lastIndex(of: 0x0A) {
                start = piece + line + 1
                break
            }
            start = piece
        }
        generation = 1
        guard start > 0 else { return try begin(.growing(open), at: nil) }
        let head = try open.read(min(start, FollowedPlace.headMaxBytes), at: 0)
        try begin(
            .growing(open), at: FollowedPlace(generation: 1, number: open.identity.number, head: head, offset: start))
    }

    private func begin(_ file: FollowedBytes, at place: FollowedPlace?) throws {
        (self.file, self.place, offset) = (file, place, place?.offset ?? 0)
        (isSkipping, replaced) = (false, nil)
        (table, openedModified) = (nil, nil)
        if case .growing(let open) = file { openedModified = try open.state.modified }
        guard let tables = format.tables, tables.isTable(path) else { return }
        table = TableText(tables, name: path, rowMaxBytes: limits.lineLengthMaxBytes)
        if offset > 0 { try readHeader(tables) }
    }

    /// Reads the first row again, which names the columns, and counts the lines that were read.
    private func readHeader(_ tables: any TableFormat) throws {
        let start = try file!.read(min(offset, limits.lineLengthMaxBytes), at: 0)
        try start.withUnsafeBytes { bytes in
            let separator = tables.separator ?? TableText.separator(of: bytes)
            var row = CSVReader(bytes, separator: separator, fileName: path)
            guard try row.next() else { return }
            var ignored: [UInt8] = []
            _ = try table!.take(UnsafeRawBufferPointer(rebasing: bytes[..<row.byteOffset]), isEnd: true, into: &ignored)
        }
        var (at, lines) = (0, 0)
        while at < offset {
            let piece = try file!.read(min(1 << 20, offset - at), at: at)
            if piece.isEmpty { break }
            lines += piece.count { $0 == 0x0A }
            at += piece.count
        }
        table!.goOn(atLine: lines + 1)
    }

    // MARK: Reading

    /// Reads what is new.
    ///
    /// - Throws: `io`; `malformedInput` for a table without the columns that are needed.
    package func look() throws -> Look {
        guard let file else { return try openNext() }
        if case .growing(let open) = file {
            if try wasCutOff(open) {
                try beginAgain()
                return .read
            }
            // It may have been copied and cut off before anything of it was read.
            if place == nil, offset == 0, try open.state.modified != openedModified, open.path == path {
                endFile()
                return try openNext()
            }
        }
        let bytes = try next(of: file)
        if offset == 0, bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw SwiftwaterError(
                .unsupported, "\(path) is UTF-16, which cannot be followed", remedy: "write UTF-8 or latin-1")
        }
        if try take(bytes, isEnd: false) {
            replaced = nil
            return .read
        }
        guard try isAtEnd(file) else { return .nothing }
        if !bytes.isEmpty { _ = try take(bytes, isEnd: true) }
        if case .growing(let open) = file { endedModified = try open.state.modified }
        endFile()
        return .read
    }

    /// Reads the bytes at `offset`, as many as the longest line may have and some more.
    private func next(of file: FollowedBytes) throws -> [UInt8] {
        var count = limits.lineLengthMaxBytes + (64 << 10)
        if case .growing(let open) = file { count = min(count, try open.state.byteCount - offset) }
        return count > 0 ? try file.read(count, at: offset) : []
    }

    /// Whether nothing more will come of a file: another is in its place, and it did not change for a while.
    private func isAtEnd(_ file: FollowedBytes) throws -> Bool {
        guard case .growing(let open) = file else { return true }
        guard let there = OpenFile.look(at: path), there.identity != open.identity else {
            replaced = nil
            return false
        }
        let now = clock.elapsed()
        guard let since = replaced else {
            replaced = now
            return false
        }
        return now - since >= FileFollower.grace
    }

    /// Takes the whole lines of bytes at `offset`; returns whether there were any.
    private func take(_ bytes: [UInt8], isEnd: Bool) throws -> Bool {
        var lines: [UInt8] = []
        let used = try table == nil ? plainLines(bytes, isEnd, &lines) : rows(bytes, isEnd, &lines)
        guard used > 0 else { return false }
        let next = offset + used
        if !lines.isEmpty {
            let place = try place(at: next)
            self.place = place
            decoded(lines).withUnsafeBytes { deliver($0, place.name(path), UInt64(next)) }
        }
        offset = next
        return true
    }

    /// Returns the place after lines, with as much of the file's beginning as is compared, or as there is.
    private func place(at offset: Int) throws -> FollowedPlace {
        if var place, place.headBytes == FollowedPlace.headMaxBytes || offset < FollowedPlace.headMaxBytes {
            place.offset = offset
            return place
        }
        return FollowedPlace(
            generation: generation, number: place?.number ?? file!.number,
            head: try file!.read(min(offset, FollowedPlace.headMaxBytes), at: 0), offset: offset)
    }

    private func decoded(_ lines: [UInt8]) -> [UInt8] {
        guard format.encoding == .latin1 else { return lines }
        var (decoder, text) = (TextDecoder(.latin1, isStart: offset == 0), [UInt8]())
        lines.withUnsafeBytes { decoder.decode($0, isEnd: true, into: &text) }
        return text
    }

    private func plainLines(_ bytes: [UInt8], _ isEnd: Bool, _ lines: inout [UInt8]) -> Int {
        var start = 0
        if isSkipping {
            guard let end = bytes.firstIndex(of: 0x0A) else { return bytes.count }
            isSkipping = false
            start = end + 1
        }
        guard let last = bytes[start...].lastIndex(of: 0x0A) else {
            if isEnd, start < bytes.count {
                lines = bytes[start...] + [0x0A]
                return bytes.count
            }
            guard bytes.count - start > limits.lineLengthMaxBytes else { return start }
            isSkipping = true
            malformed += 1
            report(
                "\(path): a line longer than \(limits.lineLengthMaxBytes) bytes was left out; "
                    + "a larger limit keeps it")
            return bytes.count
        }
        lines = Array(bytes[start...last])
        return last + 1
    }

    private func rows(_ bytes: [UInt8], _ isEnd: Bool, _ lines: inout [UInt8]) throws -> Int {
        let before = table!.faults
        let used: Int
        do {
            used = try bytes.withUnsafeBytes { try table!.take($0, isEnd: isEnd, into: &lines) }
        } catch let table as TableText.Unreadable { throw table.error }
        let new = table!.faults.count - before.count
        malformed += new
        if new > 0, before.count == 0, let first = table!.faults.first {
            report("\(path): \(new) row\(new == 1 ? " was" : "s were") left out; the first: \(first)")
        }
        return used
    }

    // MARK: Other files

    private func endFile() {
        if let place { ended.append(wholeHead(place)) }
        if ended.count > 100 { ended.removeFirst() }
        (file, place, offset, table) = (nil, nil, 0, nil)
    }

    /// Returns a place with as much of the file's beginning as was read, which tells it from other files.
    private func wholeHead(_ place: FollowedPlace) -> FollowedPlace {
        let count = min(place.offset, FollowedPlace.headMaxBytes)
        guard count > place.headBytes, let head = try? file!.read(count, at: 0), head.count == count else {
            return place
        }
        return FollowedPlace(generation: place.generation, number: place.number, head: head, offset: place.offset)
    }

    /// Opens the next file: one that was rotated away before it was seen, or the one that is at the path.
    private func openNext() throws -> Look {
        if let modified = endedModified {
            // What was read of a file that comes again under another name is known by its beginning.
            for other in try rotated.all() where other.modified >= modified {
                let head = RotatedFiles.head(of: other.path)
                guard !head.isEmpty, !ended.contains(where: { $0.isBeginning(head) }) else { continue }
                guard let file = try FollowedBytes(other.path) else { continue }
                endedModified = other.modified
                generation += 1
                try begin(file, at: nil)
                return .read
            }
        }
        guard let open = openPath() else { return .missing }
        if endedModified == nil { endedModified = try open.state.modified }
        generation += 1
        try begin(.growing(open), at: nil)
        return .read
    }

    /// Opens the file at the path. One that is not there, or cannot be opened, is waited for.
    private func openPath() -> OpenFile? {
        let found = Result { try OpenFile(path) }
        if case .success(let open?) = found {
            missing = nil
            return open
        }
        let reason: String
        if case .failure(let error) = found {
            reason = (error as? SwiftwaterError)?.message ?? "\(error)"
        } else {
            reason = "there is no file \(path)"
        }
        if reason != missing { report("\(reason); waiting for it") }
        missing = reason
        return nil
    }

    /// Whether a file became shorter than what was read of it, or begins with something else.
    private func wasCutOff(_ open: OpenFile) throws -> Bool {
        if try open.state.byteCount < offset { return true }
        guard let place else { return false }
        return !place.isBeginning(try open.read(place.headBytes, at: 0))
    }

    /// Goes on with a file that was cut off: first with a copy of what it had, if there is one.
    private func beginAgain() throws {
        if let place, let copy = try find(place) { return try begin(copy, at: place) }
        gaps += 1
        report(
            "\(path): the file was cut off; what was written to it after byte \(offset) and before that, if anything, "
                + "is lost. Rotate it by renaming it, or keep a copy beside it (\(path).1)")
        endFile()
    }

    /// Finds a file that was read up to a place: under its name, under another, or a copy of it.
    private func find(_ place: FollowedPlace) throws -> FollowedBytes? {
        let others = try rotated.all()
        for path in [path] + others.map(\.path) where !path.hasSuffix(".gz") {
            guard let there = OpenFile.look(at: path), there.identity.number == place.number,
                place.isBeginning(RotatedFiles.head(of: path)), let open = try OpenFile(path),
                try open.state.byteCount >= place.offset
            else { continue }
            return .growing(open)
        }
        let copies = others.filter { place.isBeginning(RotatedFiles.head(of: $0.path)) }
        guard copies.count == 1, let copy = try FollowedBytes(copies[0].path) else { return nil }
        endedModified = copies[0].modified
        if case .growing(let open) = copy, try open.state.byteCount < place.offset { return nil }
        return copy
    }
}
