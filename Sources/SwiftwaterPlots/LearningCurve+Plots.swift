import SwiftwaterCore
import SwiftwaterRecommender

extension LearningCurve {
    /// Returns the curve as a chart for a terminal: `width` columns and `height` rows of plot, in plain characters.
    public func terminalChart(width: Int = 64, height: Int = 12) -> String {
        guard let scale = PlotScale(points) else { return "" }
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

    /// Returns the curve as an SVG document that is readable in light and dark mode.
    public func svg(title: String = "RMSE against iterations") -> String {
        LearningCurvesPlot([("", self)], title: title).svg()
    }
}

/// Maps values to the unit square.
struct PlotScale {
    let low: Double
    let high: Double
    let first: Double
    let last: Double

    init?(_ points: [LearningCurve.Point]) {
        guard let low = points.map(\.rmse).min(), let high = points.map(\.rmse).max(),
            let first = points.map(\.iterations).min(), let last = points.map(\.iterations).max()
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
