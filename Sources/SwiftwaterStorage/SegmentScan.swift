import SwiftwaterCore

/// Reads the records of one segment, in order, past places that cannot be read.
struct SegmentScan {
    private(set) var entries: [Journal.Entry] = []
    private(set) var lost: [Range<UInt64>] = []
    private(set) var damage: [(offset: Int, bytes: Int, records: Range<UInt64>, what: String)] = []
    /// The number after the last record.
    private(set) var next: UInt64
    /// Where the bytes at the end begin that were never acknowledged, or nil if there are none.
    private(set) var tornOffset: Int?

    private let bytes: [UInt8]
    private let segment: UInt64
    private let mark: UInt64
    private let isCurrent: Bool
    private var offset = JournalFormat.segmentHeaderBytes
    /// The frames after the first unreadable place.
    private var frames: [JournalFormat.Frame]?

    init(_ bytes: [UInt8], segment: UInt64, mark: UInt64, isCurrent: Bool) {
        (self.bytes, self.segment, self.mark, self.isCurrent) = (bytes, segment, mark, isCurrent)
        next = segment
    }

    mutating func run() {
        while offset < bytes.count {
            if takeFrame() || takeRecord() { continue }
            guard isAcknowledged else {
                tornOffset = offset
                return
            }
            guard resume() else { return }
        }
    }

    private mutating func takeFrame() -> Bool {
        let frame = bytes.withUnsafeBytes { JournalFormat.frame(at: offset, in: $0) }
        guard let frame, frame.number == next else { return false }
        offset += JournalFormat.frameBytes
        return true
    }

    private mutating func takeRecord() -> Bool {
        guard let length = bytes.withUnsafeBytes({ JournalFormat.record($0, at: offset, number: next) }) else {
            return false
        }
        let payload = offset + 9..<offset + 8 + length
        if bytes[offset + 8] == JournalFormat.lostType && isCurrent && payload.count == 8 {
            let count = bytes.withUnsafeBytes {
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset + 9, as: UInt64.self))
            }
            lost.append(next..<next + count)
            next += count
        } else if bytes[offset + 8] == JournalFormat.fenceType && isCurrent {
            next += 1
        } else {
            entries.append(
                Journal.Entry(
                    number: next, type: bytes[offset + 8],
                    location: Journal.Location(segment: segment, offset: payload.lowerBound, count: payload.count)))
            next += 1
        }
        offset = payload.upperBound
        return true
    }

    /// Whether the record that cannot be read was acknowledged: the mark counts it, or a later group begins after it.
    /// In the older version, which has neither, it may have been.
    private var isAcknowledged: Bool {
        mutating get {
            if next < mark || !isCurrent { return true }
            return framesAhead().contains { $0.beginsGroup && $0.number > next }
        }
    }

    private mutating func framesAhead() -> ArraySlice<JournalFormat.Frame> {
        if frames == nil { frames = JournalFormat.frames(from: offset, in: bytes) }
        let first = frames!.partitioningIndex { $0.offset >= offset }
        return frames![first...]
    }

    /// Goes on behind the unreadable record: at its end, if its length is still there, or at the next frame. Returns
    /// false if nothing that can be read follows.
    private mutating func resume() -> Bool {
        let start = offset
        if let length = bytes.withUnsafeBytes({ JournalFormat.statedLength($0, at: offset) }),
            isPlace(offset + 8 + length)
        {
            offset += 8 + length
            add(start, next..<next + 1)
            next += 1
            return true
        }
        if let frame = framesAhead().first(where: { $0.number >= next }) {
            offset = frame.offset
            add(start, next..<frame.number)
            next = frame.number
            return true
        }
        tornOffset = offset
        return false
    }

    /// Whether the record or frame after the unreadable record begins at `place`.
    private func isPlace(_ place: Int) -> Bool {
        bytes.withUnsafeBytes { raw in
            if let frame = JournalFormat.frame(at: place, in: raw) { return frame.number == next + 1 }
            return JournalFormat.record(raw, at: place, number: next + 1) != nil
        }
    }

    private mutating func add(_ start: Int, _ records: Range<UInt64>) {
        damage.append((start, offset - start, records, "the bytes from \(start) to \(offset - 1) are damaged"))
    }
}

extension Array {
    /// Returns the index of the first element for which `isAfter` is true; it must be true for all after it.
    /// O(log count).
    fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
