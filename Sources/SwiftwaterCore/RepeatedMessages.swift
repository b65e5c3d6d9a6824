/// Lets a message through once in a while, however often it comes: clients must not be able to fill a log.
package final class RepeatedMessages: Sendable {
    private struct Message {
        var said: Duration
        var held = 0
    }

    private static let pause = Duration.seconds(10)
    private static let messagesMax = 200
    private let messages = Monitor<[String: Message]>([:])
    private let clock: any StreamClock

    /// Creates a limit.
    package init(clock: any StreamClock = SystemClock()) { self.clock = clock }

    /// Returns how many messages of this kind were held back since the last one that was let through; nil if this
    /// one is held back, too.
    package func letsThrough(_ kind: String) -> Int? {
        let now = clock.elapsed()
        return messages.update { messages in
            if let known = messages[kind], now - known.said < Self.pause {
                messages[kind]!.held += 1
                return nil
            }
            if messages.count >= Self.messagesMax {
                messages = messages.filter { now - $0.value.said < Self.pause }
                // This many kinds at once are a flood, too.
                if messages.count >= Self.messagesMax, messages[kind] == nil { return nil }
            }
            defer { messages[kind] = Message(said: now) }
            return messages[kind]?.held ?? 0
        }
    }
}
