#if Server
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStreaming
    import SwiftwaterTrends

    /// The last table of each window and order, as JSON that is made once for all who read it.
    final class TrendBoard: Sendable {
        struct Key: Hashable, Sendable {
            let window: Duration
            let order: TrendingSettings.Order
        }

        struct Entry: Sendable {
            let end: BatchTime
            let rows: Int
            /// The rows, each an object.
            let rowTexts: [String]
            /// What stands before the rows.
            let head: String

            func json(offset: Int, limit: Int) -> String {
                let part = rowTexts.dropFirst(offset).prefix(limit)
                return head + "\"offset\":\(offset),\"total\":\(rows),\"trends\":[\(part.joined(separator: ","))]}"
            }
        }

        struct Health: Sendable {
            var batch: BatchInformation?
            var interval: Duration = .zero
            /// Of the last seconds.
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
                let head =
                    "{\"end\":\(table.end.milliseconds),\"windowMilliseconds\":\(table.window.wholeMilliseconds),"
                    + "\"order\":\"\(key.order.rawValue)\",\"posts\":\(table.posts),\"keys\":\(table.keys),"
                    + "\"late\":\(table.late),"
                state.entries[key] = Entry(end: table.end, rows: rows.count, rowTexts: rows, head: head)
                state.ranks[key] = Dictionary(table.rows.map { ($0.key, $0.rank) }, uniquingKeysWith: { $1 })
            }
            hub.tell()
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
            hub.tell()
        }

        private static func json(_ row: TrendingRow, _ before: [Text: Int]?) -> String {
            var members = row.jsonMembers
            // Places gained; null where it was not in the table before.
            let change = before.map { before in before[row.key].map { String($0 - row.rank) } ?? "null" } ?? "0"
            members.append("\"change\":\(change)")
            members.append("\"expected\":\(row.expected.map { "\($0)" } ?? "null")")
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    extension TrendBoard.Health {
        /// - Parameter now: milliseconds since 1970.
        func json(application: String, now: Int64) -> String {
            var members = [
                "\"application\":\(JSONValue.quoted(application))",
                "\"intervalMilliseconds\":\(interval.wholeMilliseconds)",
                "\"postsPerSecond\":\(postsPerSecond)", "\"durable\":\(batch?.checkpoint != nil)",
                "\"rates\":[\(recentRates.map { String(Int($0)) }.joined(separator: ","))]",
            ]
            if let batch {
                members += [
                    "\"batch\":\(batch.time.milliseconds)", "\"posts\":\(batch.size.records)",
                    "\"lagMilliseconds\":\(batch.totalDelay.wholeMilliseconds)",
                    "\"processingMilliseconds\":\(batch.processingTime.wholeMilliseconds)",
                    "\"waitingBatches\":\(batch.waitingBatches)",
                    "\"nextBatchMaxBytes\":\(batch.nextBatchMaxBytes.map(String.init) ?? "null")",
                ]
            }
            let age = batch?.checkpoint.map { String(max(0, now - $0.milliseconds)) } ?? "null"
            members.append("\"checkpointAgeMilliseconds\":\(age)")
            return "{" + members.joined(separator: ",") + "}"
        }
    }
#endif
