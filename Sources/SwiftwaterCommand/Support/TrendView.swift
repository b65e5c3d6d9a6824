import Swiftwater

/// How a table of trends is shown: to people, and to machines.
struct TrendView: Sendable {
    let console: Console
    /// How many tags to show; 0 shows all.
    let top: Int
    let isJSON: Bool

    func text(_ table: TrendTable) -> String { isJSON ? json(table) : rows(table) }

    private func shown(_ table: TrendTable) -> ArraySlice<(tag: Text, count: Int)> {
        top == 0 ? table.rows[...] : table.rows.prefix(top)
    }

    private func rows(_ table: TrendTable) -> String {
        let head =
            "\(table.time.civil.timeOfDay) UTC  last \(table.window.label)  \(Format.count(table.rows.count)) tags"
        var lines = [console.styled(head, .bold)]
        let most = table.rows.first?.count ?? 1
        for (index, row) in shown(table).enumerated() {
            let tag = Format.cut(TerminalText.safe(String(row.tag)), 32)
            let width = max(1, row.count * 30 / max(most, 1))
            lines.append(
                Format.right("\(index + 1)", 3) + "  " + Format.left(tag, 32) + Format.right(Format.count(row.count), 9)
                    + "  "
                    + console.styled(String(repeating: "█", count: width), .accent))
        }
        if table.rows.isEmpty { lines.append("     no tags in this window") }
        return lines.joined(separator: "\n") + "\n\n"
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

    init(path: String) throws { file = Monitor(try LineFile(path: path)) }

    func write(_ posts: [Text], at time: BatchTime) throws {
        let list = posts.map { JSONValue.quoted(String($0)) }.joined(separator: ",")
        try file.update { try $0.write("{\"batch\":\(time.milliseconds),\"posts\":[\(list)]}\n") }
    }
}
