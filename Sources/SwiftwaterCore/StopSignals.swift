import Dispatch
import SwiftwaterPlatform

/// Calls a closure on SIGINT (Ctrl-C) or SIGTERM instead of ending the process. A second signal ends the process at
/// once.
///
/// Signals that come together are one: timeout(1) sends its signal to the process and then to its group, and a terminal
/// and a shell script may both pass on Ctrl-C.
///
/// Only programs install this; the library never does so by itself.
package final class StopSignals: Sendable {
    private struct State {
        var next = 0
        /// What to call, and whether that was done.
        var handlers: [Int: (onSignal: @Sendable () -> Void, isCalled: Bool)] = [:]
        /// One for each signal: of several, the system would tell only one.
        var sources: [CInt: UncheckedSendable<any DispatchSourceSignal>] = [:]
        /// Whether signals that no handler takes end the process after `ExitCleanup`.
        var isClean = false
        /// When handlers were called last, or were done.
        var answered: ContinuousClock.Instant?
    }
    /// Within this time after the handlers were called, a signal is the same one again.
    private static let together = Duration.milliseconds(200)
    private static let signals: [CInt] = [SIGINT, SIGTERM]
    private static let state = Monitor(State())

    private let number: Int

    /// Installs the handler; `onSignal` is called at the first signal.
    package init(_ onSignal: @escaping @Sendable () -> Void) {
        number = StopSignals.state.update { state in
            state.next += 1
            state.handlers[state.next] = (onSignal, false)
            for signal in StopSignals.signals { StopSignals.watch(signal, &state) }
            return state.next
        }
    }

    /// Restores what was before: the signals end the process.
    deinit {
        StopSignals.state.update { state in
            state.handlers[number] = nil
            guard state.handlers.isEmpty, !state.isClean else { return }
            for (number, source) in state.sources {
                source.value.cancel()
                signal(number, SIG_DFL)
            }
            state.sources = [:]
        }
    }

    /// From now on, a signal that no handler takes runs `ExitCleanup` before it ends the process. Signals that this
    /// process was told to ignore stay ignored.
    package static func endCleanly() {
        state.update { state in
            state.isClean = true
            for signal in signals where !isIgnored(signal) { watch(signal, &state) }
        }
    }

    private static func watch(_ number: CInt, _ state: inout State) {
        guard state.sources[number] == nil else { return }
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { take(number) }
        source.resume()
        state.sources[number] = UncheckedSendable(source)
    }

    private static func take(_ number: CInt) {
        let (new, isLast) = state.update { state -> ([@Sendable () -> Void], Bool) in
            let new = state.handlers.sorted { $0.key < $1.key }.filter { !$0.value.isCalled }
            for (key, _) in new { state.handlers[key]?.isCalled = true }
            if !new.isEmpty { state.answered = .now }
            let isAgain = !state.handlers.isEmpty && state.answered.map { .now - $0 < together } == true
            return (new.map(\.value.onSignal), new.isEmpty && !isAgain)
        }
        for body in new { body() }
        if !new.isEmpty { state.update { $0.answered = .now } }
        guard isLast else { return }
        ExitCleanup.run()
        if state.read({ !$0.handlers.isEmpty }) { _exit(128 + number) }
        signal(number, SIG_DFL)
        kill(getpid(), number)
        // The program that started this one may have blocked the signal.
        _exit(128 + number)
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        let before = signal(number, SIG_IGN)
        let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        signal(number, before)
        return isIgnored
    }
}
