import Dispatch
import SwiftwaterPlatform

/// Calls a closure on SIGINT (Ctrl-C) or SIGTERM instead of ending the process. A second signal ends the process at
/// once.
///
/// Only programs install this; the library never does so by itself.
package final class StopSignals: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]

    /// Installs the handler; `onSignal` is called at the first signal.
    package init(_ onSignal: @escaping @Sendable () -> Void) {
        let seen = Monitor(0)
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let times = seen.update {
                    $0 += 1; return $0
                }
                if times == 1 { onSignal() } else { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    /// Restores the default: the signals end the process again.
    deinit {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
