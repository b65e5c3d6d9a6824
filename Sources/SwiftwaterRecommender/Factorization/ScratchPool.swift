import SwiftwaterCore

/// Aligned memory for solvers that live for one row, used again: where many small results are each allocated between a
/// solver's memory and the next one's, the heap would grow by a solver for each result.
final class ScratchPool: Sendable {
    static let shared = ScratchPool()
    private static let buffersMax = 64

    private struct Buffer: @unchecked Sendable {
        let address: UnsafeMutableRawPointer
        let bytes: Int
    }

    /// A lock that the thread sanitizer knows; it does not see the order that a `Mutex` makes.
    private let free = Monitor<[Buffer]>([])

    /// Returns zeroed memory, aligned to cache lines: a vector that straddles two costs twice.
    func take(bytes: Int) -> UnsafeMutableRawPointer {
        let known = free.update { free -> Buffer? in
            guard let place = free.lastIndex(where: { $0.bytes == bytes }) else { return nil }
            return free.remove(at: place)
        }
        let address = known?.address ?? .allocate(byteCount: bytes, alignment: 64)
        address.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return address
    }

    /// Takes back what `take(bytes:)` returned.
    func give(_ address: UnsafeMutableRawPointer, bytes: Int) {
        let isKept = free.update { free in
            guard free.count < ScratchPool.buffersMax else { return false }
            free.append(Buffer(address: address, bytes: bytes))
            return true
        }
        if !isKept { address.deallocate() }
    }
}
