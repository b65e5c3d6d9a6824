import SwiftwaterCore
import SwiftwaterStreaming

/// What came since the last time it was stored.
package struct LiveIntake: Sendable {
    /// The lines to store.
    package var lines = KeyedLines()
    /// The service's time of the first event, in microseconds since 1970.
    package private(set) var firstTime: UInt64?
    /// The service's time of the newest event.
    package private(set) var newestTime: UInt64 = 0
    /// Messages that could not be read.
    package private(set) var malformed = 0
    /// What was wrong with the last of them.
    package private(set) var problem: SwiftwaterError?
    private var progress: LivePosition
    /// What this machine's clock showed, in microseconds since 1970.
    private(set) var now: UInt64

    /// Creates an empty intake after what was stored.
    package init(after position: UInt64 = 0, now: UInt64 = 0) { (progress, self.now) = (LivePosition(position), now) }

    /// Adds a line of an event.
    ///
    /// - Parameters:
    ///   - key: the same for the same event, whenever and wherever it comes from.
    ///   - time: the service's time, in microseconds since 1970.
    ///   - position: how far the service has come, in microseconds since 1970; nil if the time says so.
    package mutating func add(
        _ line: UnsafeRawBufferPointer, key: UInt64, time: UInt64, position: UInt64? = nil
    ) {
        if firstTime == nil { firstTime = time }
        newestTime = max(newestTime, time)
        progress.note(position ?? time, now: now)
        lines.append(line, key: key)
        lines.position = progress.time
    }

    /// Notes a message that could not be read.
    package mutating func reject(_ error: SwiftwaterError) {
        malformed += 1
        problem = error
    }

    /// Forgets everything but the position, and keeps the memory.
    package mutating func removeAll(now: UInt64) {
        lines.removeAll()
        (firstTime, newestTime, malformed, problem) = (nil, 0, 0, nil)
        self.now = now
    }
}
