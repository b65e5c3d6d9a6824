#if Server
    import HTTPTypes
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterStreaming

    /// The receiver of posts from `POST /v1/posts`, which answers once they are in its log.
    final class PostIntake: TextReceiver {
        private struct Waiting {
            var clients: [UInt64: CheckedContinuation<Void, any Error>] = [:]
            var next: UInt64 = 0
            var isStopped = false
        }

        private let store = Monitor<ReceiverStore?>(nil)
        private let anonymous = Monitor<UInt64>(0)
        private let waiting = Monitor(Waiting())
        /// Senders that have numbered posts since the start; each is in every checkpoint from then on.
        private let senders = Monitor<Set<String>>([])
        private static let sendersMax = 10_000
        private static let anonymousName = "http"

        func start(into store: ReceiverStore) throws {
            anonymous.update { $0 = store.lastPosition(of: Self.anonymousName) }
            self.store.update { $0 = store }
            waiting.update { $0.isStopped = false }
        }

        /// Fails the requests that still wait: the stream failed, because the server ends before a stream that is
        /// stopped.
        func stop() {
            store.update { $0 = nil }
            let left = waiting.update { waiting in
                defer { (waiting.clients, waiting.isStopped) = ([:], true) }
                return waiting.clients.values
            }
            for client in left { client.resume(throwing: Problem(.serviceUnavailable, "the stream has stopped")) }
        }

        /// Stores whole lines; returns when they are safe.
        ///
        /// - Parameters:
        ///   - sender: the name of a sender that numbers its posts; nil without numbers, where resent posts count
        ///     again.
        ///   - position: the number of the last post.
        ///   - id: the id of a message that counts once.
        func take(_ lines: ByteBuffer, sender: String?, position: UInt64?, once id: String? = nil) async throws {
            guard let store = store.read({ $0 }) else {
                throw Problem(.serviceUnavailable, "the stream has stopped")
            }
            if let sender, !isKnown(sender) {
                throw Problem(
                    .conflict, "\(Self.sendersMax) senders have numbered posts since the start; use one of their names")
            }
            guard store.hasRoom else { throw Problem(.serviceUnavailable, "the stream is behind; retry later") }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let place: UInt64? = waiting.update { waiting in
                    guard !waiting.isStopped else { return nil }
                    waiting.next += 1
                    waiting.clients[waiting.next] = continuation
                    return waiting.next
                }
                guard let place else {
                    return continuation.resume(throwing: Problem(.serviceUnavailable, "the stream has stopped"))
                }
                let tell: @Sendable () -> Void = { [waiting] in
                    waiting.update { $0.clients.removeValue(forKey: place) }?.resume()
                }
                lines.withUnsafeReadableBytes { bytes in
                    if let id {
                        return store.store(lines: bytes, from: "webhook " + id, position: 1, whenSafe: tell)
                    }
                    guard let sender, let position else {
                        // Under the lock, because the store relies on the order of the numbers.
                        return anonymous.update { number in
                            number += 1
                            store.store(lines: bytes, from: Self.anonymousName, position: number, whenSafe: tell)
                        }
                    }
                    store.store(lines: bytes, from: "http " + sender, position: position, whenSafe: tell)
                }
            }
        }

        /// Returns whether a sender has numbered posts before, or may begin to.
        private func isKnown(_ sender: String) -> Bool {
            senders.update { senders in
                if senders.count < Self.sendersMax { senders.insert(sender) }
                return senders.contains(sender)
            }
        }
    }
#endif
