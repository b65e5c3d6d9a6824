import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming

/// Lines that came, without a stream.
final class HeardLines: LiveLines {
    struct State {
        var lines: [String] = []
        var keys: Set<UInt64> = []
        var position: UInt64
        var failure: SwiftwaterError?
    }

    let state: Monitor<State>
    init(position: UInt64 = 0) { state = Monitor(State(position: position)) }
    var position: UInt64 { state.read { $0.position } }
    var hasRoom: Bool { true }
    func whenRoom(_ body: @escaping @Sendable () -> Void) { body() }
    func fail(_ error: SwiftwaterError) { state.update { $0.failure = error } }
    func take(_ lines: KeyedLines) -> Int {
        state.update { state in
            var (start, repeated) = (0, 0)
            for (end, key) in lines.lines {
                if state.keys.insert(key).inserted {
                    state.lines.append(String(decoding: lines.bytes[start..<end - 1], as: UTF8.self))
                } else {
                    repeated += 1
                }
                start = end
            }
            state.position = max(state.position, lines.position)
            return repeated
        }
    }
    var all: [String] { state.read { $0.lines } }
    func wait(_ count: Int) -> Bool {
        state.wait(atMost: .seconds(60)) { $0.lines.count >= count ? () : nil } != nil
    }
    func waitForFailure() -> SwiftwaterError? { state.wait(atMost: .seconds(60)) { $0.failure } }
}
