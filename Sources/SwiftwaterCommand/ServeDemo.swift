#if Server
    import Swiftwater
    import SwiftwaterSamples
    import SwiftwaterServer

    /// An endless stream of posts for `serve --demo`, in rounds during which tags surge.
    final class DemoPosts: TextReceiver {
        private let seed: UInt64
        private let isRunning = Monitor(false)
        private static let postsPerSecond = 400

        init(seed: UInt64) { self.seed = seed }

        func start(into store: ReceiverStore) throws {
            isRunning.update { $0 = true }
            SystemThread.start(named: "swiftwater-demo-posts") { [seed, isRunning] in
                var round: UInt64 = 0
                while isRunning.read({ $0 }) {
                    Self.play(seed + round, store, isRunning)
                    round += 1
                }
            }
        }

        /// Plays two minutes of posts, in ten pieces per second.
        private static func play(_ seed: UInt64, _ store: ReceiverStore, _ isRunning: Monitor<Bool>) {
            var settings = PostGenerator.Settings()
            (settings.count, settings.seed, settings.tags) = (postsPerSecond * 120, seed, 5_000)
            settings.startSeconds = SystemClock().instant().wholeMilliseconds / 1000
            settings.postsPerSecond = postsPerSecond
            settings.surges = PostGenerator.Surge.standard(posts: settings.count)
            var piece = ""
            var count = 0
            for post in PostGenerator(settings) {
                piece += PostGenerator.twitterLine(post) + "\n"
                count += 1
                guard count == postsPerSecond / 10 else { continue }
                _ = Array(piece.utf8).withUnsafeBytes { store.store($0) }
                (piece, count) = ("", 0)
                guard isRunning.wait(atMost: .milliseconds(100), for: { $0 ? nil : true }) == nil else { return }
            }
        }

        func stop() { isRunning.update { $0 = false } }
    }

    /// Simulated users who rate films while `serve --demo` runs.
    final class ServeDemo: Sendable {
        private let isRunning = Monitor(true)

        init(recommendations: RecommendationService, seed: UInt64) {
            let live = recommendations.live
            SystemThread.start(named: "swiftwater-demo-ratings") { [isRunning] in
                var random = SeededRandom(seed: seed, stream: 60)
                while isRunning.wait(atMost: .milliseconds(400), for: { $0 ? nil : true }) == nil {
                    let user = "guest-\(random.below(50))"
                    let films = live.recommendations(user: user, LiveQuery(limit: 20)).items
                    guard !films.isEmpty else { continue }
                    let film = films[min(random.below(films.count), random.below(films.count))]
                    let rating = Float(5 + random.below(6)) / 2
                    _ = try? live.rateBlocking([RatingEvent(user: user, item: film.id, rating: rating)])
                }
            }
        }

        func stop() { isRunning.update { $0 = false } }
    }
#endif
