import SwiftwaterCore
import SwiftwaterStreaming

/// Where the lines of a live service go.
package protocol LiveLines: Sendable {
    /// The position after the last line that is here; 0 if there is none.
    var position: UInt64 { get }
    /// Takes those lines that are new by their keys. Returns the number of the others.
    func take(_ lines: KeyedLines) -> Int
    /// Whether there is room for more.
    var hasRoom: Bool { get }
    /// Calls `body` once when there is room, which may be now.
    func whenRoom(_ body: @escaping @Sendable () -> Void)
    /// Ends the lines with an error.
    func fail(_ error: SwiftwaterError)
}

/// Lines that go into a stream.
struct StreamLines: LiveLines {
    let store: ReceiverStore
    let keySpan: UInt64
    /// The one sender of a store that a live service fills.
    static let sender = "live"

    var position: UInt64 { store.lastPosition(of: StreamLines.sender) }
    func take(_ lines: KeyedLines) -> Int { store.store(lines, from: StreamLines.sender, keeping: keySpan) }
    var hasRoom: Bool { store.hasRoom }
    func whenRoom(_ body: @escaping @Sendable () -> Void) { store.whenRoom(body) }
    func fail(_ error: SwiftwaterError) { store.fail(error) }
}
