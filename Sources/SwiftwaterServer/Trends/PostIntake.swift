#if Server
    import HTTPTypes
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterStreaming

    /// Posts that come by `POST /v1/posts`: a receiver of the engine that answers when its log has them.
    final class PostIntake: TextReceiver {
        private let store = Monitor<ReceiverStore?>(nil)
        private let anonymous = Monitor<UInt64>(0)
        private static let anonymousName = "http"

        func start(into store: ReceiverStore) throws {
            anonymous.update { $0 = store.lastPosition(of: Self.anonymousName) }
            self.store.update { $0 = store }
        }

        func stop() { store.update { $0 = nil } }

        /// Takes whole lines; returns when they are safe.
        ///
        /// - Parameters:
        ///   - sender: who numbers the posts; nil for someone who does not, whose repeated posts count again.
        ///   - position: the number of the last of them.
        func take(_ lines: ByteBuffer, sender: String?, position: UInt64?) async throws {
            guard let store = store.read({ $0 }) else {
                throw Problem(.serviceUnavailable, "the stream has stopped")
            }
            guard store.hasRoom else { throw Problem(.serviceUnavailable, "the stream is behind; send later") }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isTold = Monitor(false)
                let tell: @Sendable () -> Void = {
                    let isFirst = isTold.update { told in
                        defer { told = true }
                        return !told
                    }
                    if isFirst { continuation.resume() }
                }
                lines.withUnsafeReadableBytes { bytes in
                    guard let sender, let position else {
                        // In order of their numbers, which the store relies on.
                        return anonymous.update { number in
                            number += 1
                            store.store(lines: bytes, from: Self.anonymousName, position: number, whenSafe: tell)
                        }
                    }
                    store.store(lines: bytes, from: "http " + sender, position: position, whenSafe: tell)
                }
            }
        }
    }
#endif
