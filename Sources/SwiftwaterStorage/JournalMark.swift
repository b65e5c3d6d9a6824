import SwiftwaterCore

/// The bounds of a journal, in the file `acknowledged` beside its segments: the records from the first that is needed
/// to the last that was acknowledged have to be there.
///
///     0      "SWACKED1"  number of the first needed record (8)  number after the last acknowledged record (8)
///            CRC-32C (4)
///     4096   the same, written in turn
///
/// Written after records are durable and before anyone is told so, and before segments are removed. It is not
/// synchronized with each group: after a power failure it may be some groups behind, but never ahead. What the end of a
/// process leaves is exact.
final class JournalMark: Sendable {
    /// The numbers of the records that have to be there.
    typealias Bounds = Range<UInt64>

    private static let magic = Array("SWACKED1".utf8)
    private static let slotBytes = 28
    private static let slotDistance = 4096

    private struct State {
        let file: any WritableFile
        var slot = 0
        var bounds: Bounds

        mutating func write() throws {
            try JournalMark.slot(bounds).withUnsafeBytes { try file.write($0, at: slot * JournalMark.slotDistance) }
            slot = 1 - slot
        }
    }

    private let state: Monitor<State>
    private let synchronizes: Bool

    static func path(_ directory: String) -> String { directory + "/acknowledged" }

    /// Opens the file, which is created if it is missing.
    init(directory: String, _ bounds: Bounds, files: any FileSystem, synchronizes: Bool) throws {
        self.synchronizes = synchronizes
        let path = JournalMark.path(directory)
        if (try? JournalMark.read(directory, files)) == nil {
            try files.replace(path, with: JournalMark.bytes(bounds))
        }
        state = Monitor(State(file: try files.update(path), bounds: bounds))
        try state.update {
            try $0.write()
            try $0.write()
        }
    }

    /// Returns what the mark says, or nil if there is none.
    ///
    /// - Throws: `corrupted` if no copy of it can be read.
    static func read(_ directory: String, _ files: any FileSystem) throws -> Bounds? {
        let path = path(directory)
        guard try files.exists(path) else { return nil }
        let bytes = try files.read(path)
        let found = [0, slotDistance].compactMap { offset -> Bounds? in
            guard offset + slotBytes <= bytes.count, Array(bytes[offset..<offset + 8]) == magic else { return nil }
            return bytes.withUnsafeBytes { raw in
                guard JournalFormat.isSealed(raw, at: offset, count: slotBytes) else { return nil }
                let first = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                let next = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
                return first <= next ? first..<next : nil
            }
        }
        guard let newest = found.max(by: { ($0.upperBound, $0.lowerBound) < ($1.upperBound, $1.lowerBound) }) else {
            throw SwiftwaterError(
                .corrupted, "the numbers of the acknowledged records cannot be read",
                at: .init(file: path, byteOffset: 0), remedy: JournalContents.remedy)
        }
        return newest
    }

    /// Returns the bytes of a file.
    static func bytes(_ bounds: Bounds) -> [UInt8] {
        let slot = slot(bounds)
        return slot + [UInt8](repeating: 0, count: slotDistance - slot.count) + slot
    }

    private static func slot(_ bounds: Bounds) -> [UInt8] {
        var writer = ByteWriter()
        magic.withUnsafeBytes { writer.append($0) }
        writer.write(integer: bounds.lowerBound)
        writer.write(integer: bounds.upperBound)
        return JournalFormat.sealed(writer)
    }

    /// Records that all records before `number` are acknowledged.
    func acknowledge(before number: UInt64) throws {
        try state.update {
            $0.bounds = min($0.bounds.lowerBound, number)..<number
            try $0.write()
        }
    }

    /// Records, for good, that only the records before `number` are acknowledged.
    func takeBack(to number: UInt64) throws {
        try state.update { state in
            state.bounds = min(state.bounds.lowerBound, number)..<number
            try synchronize(&state)
        }
    }

    /// Records, for good, that the records before `number` are not needed anymore.
    func forget(before number: UInt64) throws {
        try state.update { state in
            guard number > state.bounds.lowerBound else { return }
            state.bounds = number..<max(number, state.bounds.upperBound)
            try synchronize(&state)
        }
    }

    /// Makes both copies equal and durable.
    func synchronize() throws { try state.update { try synchronize(&$0) } }

    private func synchronize(_ state: inout State) throws {
        try state.write()
        try state.write()
        if synchronizes { try state.file.synchronize() }
    }

    func close() { state.read { $0.file.close() } }
}
