import Swiftwater

/// Formats tables of trends for a terminal, with the changes since the last table, or as JSON.
final class TrendingView: Sendable {
    private let console: Console
    /// The number of rows to show; 0 for all.
    private let top: Int
    private let isJSON: Bool
    private let lastRanks = Monitor<[Text: Int]?>(nil)

    init(console: Console, top: Int, isJSON: Bool) { (self.console, self.top, self.isJSON) = (console, top, isJSON) }

    func text(_ table: TrendingTable) -> String {
        guard isJSON else { return lines(table) }
        return JSONWriter.string(top == 0 ? table : table.prefix(top)) + "\n"
    }

    private func lines(_ table: TrendingTable) -> String {
        let late = table.late > 0 ? "  \(Format.count(table.late)) late" : ""
        let day = table.end.civil
        let head =
            "\(day.date) \(day.timeOfDay) UTC  last \(DurationArgument(table.window))  \(Format.count(table.posts, "post"))  "
            + "\(Format.count(table.keys, "key"))\(late)"
        var lines = [console.styled(head, .bold)]
        let before = lastRanks.update { last in
            defer { last = Dictionary(uniqueKeysWithValues: table.rows.map { ($0.key, $0.rank) }) }
            return last
        }
        let rows = top == 0 ? table.rows[...] : table.rows.prefix(top)
        let most = max(rows.first?.count ?? 1, 1)
        let columns = DetailColumns(table.order, rows)
        let hasEvidence = rows.contains { $0.history != nil || $0.authors != nil }
        if hasEvidence { lines.append(console.styled(columns.header, .dim)) }
        for row in rows {
            lines.append(
                Format.right("\(row.rank)", 3) + " " + change(row, before) + " "
                    + (hasEvidence ? detailed(row, columns) : plain(row, most)))
        }
        if rows.isEmpty { lines.append("     no trends in this window" + TrendingView.reason(table)) }
        return lines.joined(separator: "\n") + "\n\n"
    }

    private func name(_ row: TrendingRow, _ width: Int) -> String {
        Format.left(Format.cut(TerminalText.safe(String(row.display ?? row.key)), width), width)
    }

    private func count(_ row: TrendingRow) -> String {
        Format.right(Format.count(row.count) + (row.countUpperBound > row.count ? "+" : ""), 9)
    }

    /// Returns a row without evidence, with its count as a bar.
    private func plain(_ row: TrendingRow, _ most: Int) -> String {
        let bar = String(repeating: "█", count: max(1, row.count * 28 / most))
        return name(row, 28) + count(row) + "  " + console.styled(bar, .accent)
    }

    /// Returns why a table without rows has none, where the table tells.
    private static func reason(_ table: TrendingTable) -> String {
        guard table.posts > 0, table.keys > 0 else { return "" }
        switch table.order {
        case .authors: return ": its posts do not name their authors, or too few do"
        case .burst: return ": no key is above its expected count, or it is too early to expect one"
        case .count: return ""
        }
    }

    /// The columns of rows with evidence, in 80 columns of a terminal: only those in which some row has a value.
    private struct DetailColumns {
        static let nameWidth = 22
        let hasScore: Bool
        let hasExpected: Bool
        let hasAuthors: Bool
        let hasHistory: Bool

        init(_ order: TrendingSettings.Order, _ rows: ArraySlice<TrendingRow>) {
            hasScore = order == .burst
            hasExpected = rows.contains { $0.expected != nil }
            hasAuthors = rows.contains { ($0.authors ?? 0) > 0 }
            hasHistory = rows.contains { $0.history != nil }
        }

        var header: String {
            String(repeating: " ", count: 9 + DetailColumns.nameWidth) + Format.right("posts", 9)
                + (hasScore ? Format.right("score", 8) : "") + (hasExpected ? Format.right("expected", 10) : "")
                + (hasAuthors ? Format.right("authors", 8) : "") + (hasHistory ? "  slides" : "")
        }
    }

    private func detailed(_ row: TrendingRow, _ columns: DetailColumns) -> String {
        let score = columns.hasScore ? Format.right(Format.decimal(row.score, 1), 8) : ""
        let expected = columns.hasExpected ? Format.right(row.expected.map { Format.decimal($0, 1) } ?? "", 10) : ""
        let authors = columns.hasAuthors ? Format.right(Format.count(row.authors ?? 0), 8) : ""
        return name(row, DetailColumns.nameWidth) + count(row) + score + expected + authors + "  "
            + console.styled(TrendingView.sparkline(row.history ?? []), .accent) + TrendingView.leaders(row)
            + (row.isCopied == true ? console.styled("  copies", .dim) : "")
    }

    /// Returns `▲3`, `▼1`, `new` or nothing, four columns wide.
    private func change(_ row: TrendingRow, _ before: [Text: Int]?) -> String {
        // Nothing is new in the first table with rows.
        guard let before, !before.isEmpty else { return "    " }
        guard let old = before[row.key] else { return console.styled("new ", .good) }
        if old == row.rank { return "    " }
        let text = Format.left((old > row.rank ? "▲" : "▼") + String(min(abs(old - row.rank), 999)), 4)
        return console.styled(text, old > row.rank ? .good : .dim)
    }

    /// Returns counts as a row of bars; the highest count is a full bar.
    static func sparkline(_ counts: [Int]) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        let most = max(counts.max() ?? 0, 1)
        return String(counts.map { $0 == 0 ? " " : bars[min(7, ($0 * 8 - 1) / most)] })
    }

    /// Returns the most frequent value of each column, with its share: `  Wien 80 %  verified 40 %`.
    private static func leaders(_ row: TrendingRow) -> String {
        var columns: Set<String> = []
        return (row.groups ?? []).filter { columns.insert($0.column).inserted }.map { group in
            let value = String(group.value)
            let name = value == "true" || value == "false" ? "\(group.column): \(value)" : value
            return "  \(TerminalText.safe(name)) \(100 * group.count / max(row.count, 1)) %"
        }.joined()
    }
}
