extension LearningCurve {
    /// The curve as a drawing for a terminal: `width` columns, `height` rows of plot, plain characters.
    public func terminalChart(width: Int = 64, height: Int = 12) -> String {
        guard let scale = PlotScale(self) else { return "" }
        let columns = max(width - 9, 16)
        var canvas = [[Character]](repeating: [Character](repeating: " ", count: columns), count: height)
        func column(_ x: Double) -> Int { Int((scale.x(x) * Double(columns - 1)).rounded()) }
        func row(_ y: Double) -> Int { Int(((1 - scale.y(y)) * Double(height - 1)).rounded()) }
        for (from, to) in zip(points, points.dropFirst()) {
            let (start, end) = (column(Double(from.iterations)), column(Double(to.iterations)))
            for at in start...max(start, end) {
                let part = end == start ? 0 : Double(at - start) / Double(end - start)
                canvas[row(from.rmse + (to.rmse - from.rmse) * part)][at] = "·"
            }
        }
        for point in points { canvas[row(point.rmse)][column(Double(point.iterations))] = "●" }
        var lines = ["  RMSE"]
        for (index, line) in canvas.enumerated() {
            let value = scale.high - (scale.high - scale.low) * Double(index) / Double(height - 1)
            let isLabelled = index % 3 == 0 || index == height - 1
            lines.append((isLabelled ? PlotScale.label(value) : "      ") + " │" + String(line).trimmedEnd)
        }
        lines.append("       └" + String(repeating: "─", count: columns))
        var axis = [Character](repeating: " ", count: columns + 9)
        for point in points {
            let text = String(point.iterations)
            let start = max(0, 8 + column(Double(point.iterations)) - (text.count - 1) / 2)
            for (offset, character) in text.enumerated() where start + offset < axis.count {
                axis[start + offset] = character
            }
        }
        lines.append(String(axis).trimmedEnd + "  iterations")
        return lines.joined(separator: "\n")
    }

    /// The curve as an SVG document that reads in light and dark.
    public func svg(title: String = "RMSE against iterations") -> String {
        let (width, height, left, right, top, bottom) = (640.0, 400.0, 70.0, 24.0, 48.0, 56.0)
        guard let scale = PlotScale(self) else { return "<svg xmlns=\"http://www.w3.org/2000/svg\"/>" }
        func x(_ value: Double) -> Double { left + scale.x(value) * (width - left - right) }
        func y(_ value: Double) -> Double { top + (1 - scale.y(value)) * (height - top - bottom) }
        func number(_ value: Double) -> String { String((value * 10).rounded() / 10) }
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" width="640" height="400" role="img" \
            aria-label="\(XMLText.escaped(title))" font-family="system-ui, sans-serif" font-size="13">
            <style>:root{color-scheme:light dark}.g{stroke:#8884}.t{fill:#222}.c{stroke:#0a66c2;fill:none}.p{fill:#0a66c2}\
            .b{fill:#fff}@media (prefers-color-scheme:dark){.t{fill:#ddd}.c{stroke:#6cb6ff}.p{fill:#6cb6ff}.b{fill:#16181c}}</style>
            <rect class="b" width="640" height="400"/>
            <text class="t" x="\(left)" y="28" font-size="16" font-weight="600">\(XMLText.escaped(title))</text>
            """
        ]
        for step in 0...4 {
            let value = scale.low + (scale.high - scale.low) * Double(step) / 4
            parts.append(
                "<line class=\"g\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(number(y(value)))\" y2=\"\(number(y(value)))\"/>"
                    + "<text class=\"t\" x=\"\(left - 8)\" y=\"\(number(y(value) + 4))\" text-anchor=\"end\">\(PlotScale.label(value))</text>"
            )
        }
        let path = points.map { "\(number(x(Double($0.iterations)))),\(number(y($0.rmse)))" }.joined(separator: " ")
        parts.append("<polyline class=\"c\" stroke-width=\"2\" points=\"\(path)\"/>")
        for point in points {
            let (px, py) = (x(Double(point.iterations)), y(point.rmse))
            parts.append(
                "<circle class=\"p\" cx=\"\(number(px))\" cy=\"\(number(py))\" r=\"4\"><title>\(point.iterations) iterations: \(PlotScale.label(point.rmse))</title></circle>"
                    + "<text class=\"t\" x=\"\(number(px))\" y=\"\(height - bottom + 20)\" text-anchor=\"middle\">\(point.iterations)</text>"
            )
        }
        parts.append(
            "<text class=\"t\" x=\"\((left + width - right) / 2)\" y=\"\(height - 14)\" text-anchor=\"middle\">iterations</text></svg>\n"
        )
        return parts.joined(separator: "\n")
    }
}

/// From values to the unit square.
private struct PlotScale {
    let low: Double
    let high: Double
    let first: Double
    let last: Double

    init?(_ curve: LearningCurve) {
        guard let low = curve.points.map(\.rmse).min(), let high = curve.points.map(\.rmse).max(),
            let first = curve.points.map(\.iterations).min(), let last = curve.points.map(\.iterations).max()
        else { return nil }
        let margin = max((high - low) * 0.08, 0.0005)
        (self.low, self.high, self.first, self.last) = (low - margin, high + margin, Double(first), Double(last))
    }

    func x(_ value: Double) -> Double { last == first ? 0.5 : (value - first) / (last - first) }
    func y(_ value: Double) -> Double { (value - low) / (high - low) }

    static func label(_ value: Double) -> String {
        let scaled = Int((value * 10000).rounded())
        let fraction = String(scaled % 10000)
        return "\(scaled / 10000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
    }
}

enum XMLText {
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var part = self[...]
        while part.last == " " { part.removeLast() }
        return String(part)
    }
}
