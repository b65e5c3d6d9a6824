import SwiftwaterCore
import SwiftwaterStreaming

/// Lines of a live service that wait to be taken by a program without a stream.
package final class LiveQueue: LiveLines {
    private struct State {
        var waiting: [UInt8] = []
        var keys = LineKeys()
        var position: UInt64 = 0
        var failure: SwiftwaterError?
        var isClosed = false
        var whenRoom: [@Sendable () -> Void] = []
    }

    private let keySpan: UInt64
    private let limitBytes: Int
    private let state = Monitor(State())

    /// Creates a queue.
    ///
    /// - Parameters:
    ///   - keySpan: how long a line's key is known, in microseconds of the service's time.
    ///   - limitBytes: with more than this, nothing is read until some is taken.
    package init(keySpan: UInt64, limitBytes: Int = 16 << 20) {
        (self.keySpan, self.limitBytes) = (keySpan, limitBytes)
    }

    /// Waits for lines, and returns all that are there, each with its LF; nil at the end.
    ///
    /// - Throws: why the service sends none.
    package func next() throws -> [UInt8]? {
        let (bytes, waiting) = try state.wait { state -> ([UInt8]?, [@Sendable () -> Void])? in
            if !state.waiting.isEmpty {
                let (bytes, waiting) = (state.waiting, state.whenRoom)
                (state.waiting, state.whenRoom) = ([], [])
                return (bytes, waiting)
            }
            if state.isClosed { return (nil, []) }
            if let failure = state.failure { throw failure }
            return nil
        }
        for body in waiting { body() }
        return bytes
    }

    /// Ends the queue: `next` returns nil after what is there.
    package func close() { state.update { $0.isClosed = true } }

    // MARK: LiveLines

    package var position: UInt64 { state.read { $0.position } }

    package func take(_ lines: KeyedLines) -> Int {
        state.update { state in
            let (bytes, keys) = lines.new(to: &state.keys)
            state.position = max(state.position, lines.position)
            state.keys.add(LineKeys.Group(position: state.position, keys: keys), keeping: keySpan)
            state.waiting += bytes
            return lines.count - keys.count
        }
    }

    package var hasRoom: Bool { state.read { $0.waiting.count < limitBytes } }

    package func whenRoom(_ body: @escaping @Sendable () -> Void) {
        let isNow = state.update { state in
            if state.waiting.count < limitBytes { return true }
            state.whenRoom.append(body)
            return false
        }
        if isNow { body() }
    }

    package func fail(_ error: SwiftwaterError) { state.update { $0.failure = $0.failure ?? error } }
}
