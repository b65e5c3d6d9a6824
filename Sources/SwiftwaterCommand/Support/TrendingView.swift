import Swiftwater

/// How tables of trends with their reasons are shown: to people, to machines, and in sinks.
final class TrendingView: Sendable {
    private let console: Console
    private let top: Int
    private let isJSON: Bool
    private let lastRanks = Monitor<[Text: Int]?>(nil)

    init(console: Console, top: Int, isJSON: Bool) { (self.console, self.top, self.isJSON) = (console, top, isJSON) }

    func text(_ table: TrendingTable) -> String { isJSON ? json(table) : rows(table) }

    // MARK: For people

    private func rows(_ table: TrendingTable) -> String {
        let late = table.late > 0 ? "  \(Format.count(table.late)) late" : ""
        let day = table.end.civil
        let head =
            "\(day.date) \(day.timeOfDay) UTC  last \(table.window.label)  \(Format.count(table.posts)) posts  \(Format.count(table.keys)) keys\(late)"
        var lines = [console.styled(head, .bold)]
        let before = lastRanks.update { last in
            defer { last = Dictionary(uniqueKeysWithValues: table.rows.map { ($0.key, $0.rank) }) }
            return last
        }
        for row in table.rows {
            let name = Format.left(Format.cut(TerminalText.safe(String(row.display)), 26), 26)
            let count = Format.right(Format.count(row.count) + (row.countMost > row.count ? "+" : ""), 9)
            let authors = row.authors > 0 ? Format.right("\(Format.count(row.authors)) authors", 15) : ""
            let expected = row.expected.map { Format.right("exp. " + Format.decimal($0, 1), 13) } ?? ""
            let score =
                row.score == Double(row.count) || row.score == Double(row.authors)
                ? "" : Format.right(Format.decimal(row.score, 1), 8)
            let line =
                Format.right("\(row.rank)", 3) + " " + change(row, before) + " " + name + count + score + expected
                + authors
            lines.append(
                line + "  " + console.styled(TrendingView.sparkline(row.history), .accent)
                    + TrendingView.leaders(row)
                    + (row.isCopied ? console.styled("  copies", .dim) : ""))
        }
        if table.rows.isEmpty { lines.append("     nothing trends in this window") }
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// `▲3`, `▼1`, `new` or nothing, four columns wide.
    private func change(_ row: TrendingRow, _ before: [Text: Int]?) -> String {
        guard let before else { return "    " }
        guard let old = before[row.key] else { return console.styled("new ", .good) }
        if old == row.rank { return "    " }
        let text = Format.left((old > row.rank ? "▲" : "▼") + String(min(abs(old - row.rank), 999)), 4)
        return console.styled(text, old > row.rank ? .good : .dim)
    }

    /// Counts as a row of bars, the highest a whole one.
    static func sparkline(_ counts: [Int]) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        let most = max(counts.max() ?? 0, 1)
        return String(counts.map { $0 == 0 ? " " : bars[min(7, ($0 * 8 - 1) / most)] })
    }

    /// The most frequent value of each column, with its share: `  Wien 80 %  verified 40 %`.
    private static func leaders(_ row: TrendingRow) -> String {
        var columns: Set<String> = []
        return row.groups.filter { columns.insert($0.column).inserted }.map { group in
            let value = String(group.value)
            let name = value == "true" || value == "false" ? "\(group.column): \(value)" : value
            return "  \(TerminalText.safe(name)) \(100 * group.count / max(row.count, 1)) %"
        }.joined()
    }

    // MARK: For machines

    private func json(_ table: TrendingTable) -> String {
        let rows = table.rows.map { row in
            var members = row.jsonMembers
            if let expected = row.expected { members.append("\"expected\":\(expected)") }
            return "{" + members.joined(separator: ",") + "}"
        }
        return "{\"end\":\(table.end.milliseconds),\"windowMilliseconds\":\(table.window.wholeMilliseconds),"
            + "\"posts\":\(table.posts),\"keys\":\(table.keys),\"trends\":[\(rows.joined(separator: ","))]}\n"
    }

    static let columns = [
        "window_end", "rank", "key", "display", "count", "count_most", "authors", "score", "expected", "first_seen",
        "copied", "groups",
    ]

    static let values: @Sendable ((BatchTime, TrendingRow)) -> [SinkValue] = { entry in
        let (end, row) = entry
        return [
            .integer(end.milliseconds), .integer(row.rank), .text(row.key), .text(row.display), .integer(row.count),
            .integer(row.countMost), .integer(row.authors), .real(row.score), row.expected.map { .real($0) } ?? .null,
            .integer(row.firstSeen.milliseconds), .integer(row.isCopied ? 1 : 0),
            row.groups.isEmpty ? .null : .text(Text(row.groupsJSON)),
        ]
    }
}
