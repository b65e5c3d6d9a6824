import SwiftwaterConnectors
import SwiftwaterCore
import TestSupport
import Testing

/// The sender of acknowledged lines.
@Suite struct AcknowledgedSenderTests {
    /// A signal closes a sender while its program closes it, too, or after it has: one of them does it, and all end.
    @Test func severalMayCloseIt() throws {
        for _ in 0..<20 {
            var settings = AcknowledgedSender.Settings()
            settings.port = 0
            let sender = try AcknowledgedSender(settings)
            let ended = Monitor(0)
            for _ in 0..<3 {
                SystemThread.start(named: "close") { [ended] in
                    sender.close(patience: .zero)
                    sender.close(patience: .zero)
                    ended.update { $0 += 1 }
                }
            }
            try #require(ended.wait(atMost: .seconds(30)) { $0 == 3 ? () : nil } != nil)
        }
    }
}
