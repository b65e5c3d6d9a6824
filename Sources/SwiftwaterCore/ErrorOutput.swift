import SwiftwaterPlatform

/// Writes to standard error without waiting for a reader that does not read.
///
/// A program whose error pipe nobody reads would stop at its next line of log, for as long as that lasts. Here the
/// first line that finds no room waits for a second; then lines are dropped, and counted, until there is room again.
package final class ErrorOutput: Sendable {
    private struct State {
        var dropped = 0
        var isStuck = false
    }

    /// Standard error.
    package static let standard = ErrorOutput(descriptor: StandardStream.error.rawValue)

    private let descriptor: Int32
    private let patience: Int32
    private let state = Monitor(State())
    /// A pipe that has room takes this many bytes at once (`PIPE_BUF` is at least 512 and 4096 on Linux).
    private static let pieceMaxBytes = 512

    /// Creates an output.
    ///
    /// - Parameters:
    ///   - descriptor: the file that it writes.
    ///   - patience: how many milliseconds the first line without room waits.
    package init(descriptor: Int32, patience: Int32 = 1000) {
        (self.descriptor, self.patience) = (descriptor, patience)
    }

    /// Writes all of a text, or nothing of it. What fails is left out: there is nowhere to say it.
    package func write(_ text: String) {
        state.update { state in
            guard hasRoom(&state) else {
                state.dropped += 1
                return
            }
            if state.dropped > 0 {
                put("(\(state.dropped) lines are missing here: nobody read standard error)\n", &state)
                state.dropped = 0
            }
            put(text, &state)
        }
    }

    private func hasRoom(_ state: inout State) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let count = poll(&request, 1, state.isStuck ? 0 : patience)
        state.isStuck = count == 0
        return count != 0
    }

    private func put(_ text: String, _ state: inout State) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceMaxBytes))
                guard StandardStream.writeAll(to: descriptor, piece) == 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
                guard rest.isEmpty || hasRoom(&state) else { return }
            }
        }
    }
}
