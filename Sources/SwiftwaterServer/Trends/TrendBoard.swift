#if Server
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStreaming
    import SwiftwaterTrends

    /// The last table of each window and order, as JSON that is built once for all readers.
    final class TrendBoard: Sendable {
        struct Key: Hashable, Sendable {
            let window: Duration
            let order: TrendingSettings.Order
        }

        struct Entry: Sendable {
            /// The end of the window; nil before the first.
            let end: BatchTime?
            /// The rows, each a JSON object.
            let rowTexts: [String]
            private let head: Head

            /// What a table says beside its rows.
            private struct Head {
                let window: Duration
                let order: TrendingSettings.Order
                let posts: Int
                let keys: Int
                let late: Int
            }

            /// - Parameter table: nil before the first.
            init(_ table: TrendingTable?, _ key: Key, _ rows: [String]) {
                (end, rowTexts) = (table?.end, rows)
                head = Head(
                    window: key.window, order: key.order, posts: table?.posts ?? 0, keys: table?.keys ?? 0,
                    late: table?.late ?? 0)
            }

            func json(offset: Int, limit: Int) -> String {
                JSONWriter.object { json in
                    json.member("end", end?.milliseconds)
                    json.member("windowMilliseconds", head.window.wholeMilliseconds)
                    json.member("order", head.order.rawValue)
                    json.member("posts", head.posts)
                    json.member("keys", head.keys)
                    json.member("late", head.late)
                    json.member("offset", offset)
                    json.member("total", rowTexts.count)
                    json.member("trends", array: rowTexts.dropFirst(offset).prefix(limit)) { $0.raw($1) }
                }
            }
        }

        struct Health: Sendable {
            var batch: BatchInformation?
            var interval: Duration = .zero
            /// The average of the last five batches.
            var postsPerSecond = 0.0
            var recentRates: [Double] = []
        }

        private struct State {
            var entries: [Key: Entry] = [:]
            var ranks: [Key: [Text: Int]] = [:]
            var health = Health()
        }

        let settings: TrendBoardSettings
        private let state = Monitor(State())
        private let hub: EventHub

        init(_ settings: TrendBoardSettings, hub: EventHub) { (self.settings, self.hub) = (settings, hub) }

        func entry(_ key: Key) -> Entry? { state.read { $0.entries[key] } }
        var health: Health { state.read { $0.health } }

        func show(_ table: TrendingTable, _ key: Key) {
            state.update { state in
                let before = state.ranks[key]
                let rows = table.rows.map { TrendBoard.json($0, before) }
                state.entries[key] = Entry(table, key, rows)
                state.ranks[key] = Dictionary(table.rows.map { ($0.key, $0.rank) }, uniquingKeysWith: { $1 })
            }
            hub.broadcast()
        }

        func note(_ batch: BatchInformation, interval: Duration) {
            state.update { state in
                let rate = Double(batch.size.records) / max(interval.inSeconds, 0.001)
                state.health.recentRates.append(rate)
                if state.health.recentRates.count > 60 { state.health.recentRates.removeFirst() }
                let last = state.health.recentRates.suffix(5)
                state.health.postsPerSecond = last.reduce(0, +) / Double(last.count)
                (state.health.batch, state.health.interval) = (batch, interval)
            }
            hub.broadcast()
        }

        private static func json(_ row: TrendingRow, _ before: [Text: Int]?) -> String {
            JSONWriter.object { json in
                row.writeMembers(to: &json)
                json.name("change")
                // Places gained; null for a key that was not in the previous table.
                if let before { json.value(before[row.key].map { $0 - row.rank }) } else { json.value(0) }
            }
        }
    }

    extension TrendBoard.Health {
        /// Returns the health as a JSON object.
        ///
        /// - Parameter now: milliseconds since 1970.
        func json(application: String, sources: SourceReport, now: Int64) -> String {
            JSONWriter.object { json in
                json.member("application", application)
                json.member("intervalMilliseconds", interval.wholeMilliseconds)
                json.member("postsPerSecond", postsPerSecond)
                json.member("durable", batch?.checkpoint != nil)
                json.member("rates", recentRates.map { Int($0) })
                if let batch {
                    json.member("batch", batch.time.milliseconds)
                    json.member("posts", batch.size.records)
                    json.member("lagMilliseconds", batch.totalDelay.wholeMilliseconds)
                    json.member("processingMilliseconds", batch.processingTime.wholeMilliseconds)
                    json.member("waitingBatches", batch.waitingBatches)
                    json.member("nextBatchMaxBytes", batch.nextBatchMaxBytes)
                }
                json.member("checkpointAgeMilliseconds", batch?.checkpoint.map { max(0, now - $0.milliseconds) })
                json.name("sources")
                sources.write(to: &json)
            }
        }
    }
#endif
