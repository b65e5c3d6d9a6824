import Swiftwater

/// How tables of trends are shown, one after the other: to people, with what changed since the last, and to machines.
final class TrendView: Sendable {
    private let console: Console
    /// How many tags to show; 0 shows all.
    private let top: Int
    private let isJSON: Bool
    private let lastRanks = Monitor<[Text: Int]>([:])

    init(console: Console, top: Int, isJSON: Bool) {
        self.console = console
        self.top = top
        self.isJSON = isJSON
    }

    func text(_ table: TrendTable) -> String { isJSON ? json(table) : rows(table) }

    private func shown(_ table: TrendTable) -> ArraySlice<(tag: Text, count: Int)> {
        top == 0 ? table.rows[...] : table.rows.prefix(top)
    }

    private func rows(_ table: TrendTable) -> String {
        let head =
            "\(table.time.civil.timeOfDay) UTC  last \(table.window.label)  \(Format.count(table.rows.count)) tags"
        var lines = [console.styled(head, .bold)]
        let most = max(table.rows.first?.count ?? 1, 1)
        let before = remember(table)
        for (index, row) in shown(table).enumerated() {
            let tag = Format.cut(TerminalText.safe(String(row.tag)), 28)
            let bar = String(repeating: "█", count: max(1, row.count * 28 / most))
            lines.append(
                Format.right("\(index + 1)", 3) + " " + change(of: row.tag, to: index, before) + " "
                    + Format.left(tag, 28)
                    + Format.right(Format.count(row.count), 9) + "  " + console.styled(bar, .accent))
        }
        if table.rows.isEmpty { lines.append("     no tags in this window") }
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// Keeps the ranks of this table; gives those of the last one.
    private func remember(_ table: TrendTable) -> [Text: Int] {
        let ranks = Dictionary(
            uniqueKeysWithValues: table.rows.prefix(max(top, 10) * 10).enumerated().map { ($1.tag, $0) })
        return lastRanks.update { last in
            defer { last = ranks }
            return last
        }
    }

    /// `▲3`, `▼1`, `new` or nothing, four columns wide.
    private func change(of tag: Text, to rank: Int, _ before: [Text: Int]) -> String {
        guard !before.isEmpty else { return "    " }
        guard let old = before[tag] else { return console.styled("new ", .good) }
        if old == rank { return "    " }
        let text = Format.left((old > rank ? "▲" : "▼") + String(min(abs(old - rank), 999)), 4)
        return console.styled(text, old > rank ? .good : .dim)
    }

    private func json(_ table: TrendTable) -> String {
        let rows = shown(table).map { "{\"tag\":\(JSONValue.quoted(String($0.tag))),\"count\":\($0.count)}" }
        return "{\"time\":\(table.time.milliseconds),\"windowMilliseconds\":\(table.window.wholeMilliseconds),"
            + "\"distinct\":\(table.rows.count),\"trends\":[\(rows.joined(separator: ","))]}\n"
    }
}

/// Writes which posts each batch held: one JSON object a line, `{"batch":1795464370000,"posts":["...","..."]}`.
final class BatchTrace: Sendable {
    private let file: Monitor<LineFile>

    /// - Parameter appends: adds to what an earlier run has written. A batch that is run again is written again, with the
    ///   same posts.
    init(path: String, appends: Bool = false) throws { file = Monitor(try LineFile(path: path, appends: appends)) }

    func write(_ posts: [Text], at time: BatchTime) throws {
        let list = posts.map { JSONValue.quoted(String($0)) }.joined(separator: ",")
        try file.update { try $0.write("{\"batch\":\(time.milliseconds),\"posts\":[\(list)]}\n") }
    }
}
