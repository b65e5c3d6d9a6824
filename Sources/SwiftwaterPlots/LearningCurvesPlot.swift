import SwiftwaterCore
import SwiftwaterRecommender

/// A plot of several curves of RMSE against iterations: the combinations of a grid search, or the folds of one
/// combination.
public struct LearningCurvesPlot: Sendable {
    /// The curves, and their names in the legend. A single curve has no legend.
    public let curves: [(name: String, curve: LearningCurve)]
    /// The title of the plot.
    public let title: String

    /// The maximum number of curves, so that they can be told apart. Additional ones are left out.
    public static let curvesMax = 12

    /// Creates a plot of curves with their names.
    public init(_ curves: [(name: String, curve: LearningCurve)], title: String = "RMSE against iterations") {
        self.curves = Array(curves.prefix(LearningCurvesPlot.curvesMax))
        self.title = title
    }

    /// Creates a plot of the results of a search, best first. A single result with several folds is drawn as the mean
    /// and the folds.
    public init(_ results: [GridSearch.Result]) {
        func name(_ settings: ALSSettings) -> String {
            "rank \(settings.rank), regularization \(settings.regularization)"
        }
        guard results.count == 1, let only = results.first, only.foldCurves.count > 1 else {
            self.init(results.map { (name($0.settings), $0.curve) })
            return
        }
        self.init(
            [("mean", only.curve)] + only.foldCurves.enumerated().map { ("fold \($0 + 1)", $1) },
            title: "RMSE against iterations, \(name(only.settings))")
    }

    private static let colours = ["#0a66c2", "#c2410c", "#15803d", "#9333ea", "#be123c", "#0f766e"]
    private static let coloursInTheDark = ["#6cb6ff", "#fb923c", "#4ade80", "#c084fc", "#fb7185", "#2dd4bf"]

    private struct Frame {
        let scale: PlotScale
        let width: Double
        let height = 400.0
        let left = 70.0
        let top = 48.0
        let bottom = 56.0
        let right: Double

        func x(_ value: Int) -> Double { left + scale.x(Double(value)) * (width - left - right) }
        func y(_ value: Double) -> Double { top + (1 - scale.y(value)) * (height - top - bottom) }
    }

    /// Returns an SVG document that is readable in light and dark mode.
    public func svg() -> String {
        guard let scale = PlotScale(curves.flatMap(\.curve.points)) else {
            return "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"
        }
        let hasNames = curves.count > 1
        let frame = Frame(scale: scale, width: hasNames ? 900 : 640, right: hasNames ? 284 : 24)
        var parts = [head(frame)] + grid(frame)
        for (index, entry) in curves.enumerated().reversed() { parts += draw(entry.curve, index, frame) }
        if hasNames { parts += names(frame) }
        parts.append("</svg>\n")
        return parts.joined(separator: "\n")
    }

    private func head(_ frame: Frame) -> String {
        func rules(_ colours: [String]) -> String {
            colours.enumerated().map { ".c\($0){stroke:\($1);fill:none}.p\($0){fill:\($1)}" }.joined()
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(frame.width) 400" width="\(frame.width)" \
            height="400" role="img" aria-label="\(XMLText.escaped(title))" \
            font-family="system-ui, sans-serif" font-size="13">
            <style>:root{color-scheme:light dark}.g{stroke:#8884}.t{fill:#222}.b{fill:#fff}\(rules(Self.colours))\
            @media (prefers-color-scheme:dark){.t{fill:#ddd}.b{fill:#16181c}\(rules(Self.coloursInTheDark))}</style>
            <rect class="b" width="\(frame.width)" height="400"/>
            <text class="t" x="\(frame.left)" y="28" font-size="16" font-weight="600">\(XMLText.escaped(title))</text>
            """
    }

    private func grid(_ frame: Frame) -> [String] {
        var parts: [String] = []
        for step in 0...4 {
            let value = frame.scale.low + (frame.scale.high - frame.scale.low) * Double(step) / 4
            let y = number(frame.y(value))
            parts.append(
                """
                <line class="g" x1="\(frame.left)" x2="\(frame.width - frame.right)" y1="\(y)" y2="\(y)"/>\
                <text class="t" x="\(frame.left - 8)" y="\(number(frame.y(value) + 4))" \
                text-anchor="end">\(PlotScale.label(value))</text>
                """)
        }
        let below = frame.height - frame.bottom + 20
        for iterations in Set(curves.flatMap { $0.curve.points.map(\.iterations) }).sorted() {
            parts.append(
                """
                <text class="t" x="\(number(frame.x(iterations)))" y="\(below)" \
                text-anchor="middle">\(iterations)</text>
                """)
        }
        let middle = (frame.left + frame.width - frame.right) / 2
        parts.append(
            "<text class=\"t\" x=\"\(middle)\" y=\"\(frame.height - 14)\" text-anchor=\"middle\">iterations</text>")
        return parts
    }

    /// Returns the style of a curve. The second half of the curves is dashed.
    private func style(_ index: Int) -> (colour: Int, dash: String) {
        (index % Self.colours.count, index < Self.colours.count ? "" : " stroke-dasharray=\"5 4\"")
    }

    private func draw(_ curve: LearningCurve, _ index: Int, _ frame: Frame) -> [String] {
        let (colour, dash) = style(index)
        let path = curve.points.map { "\(number(frame.x($0.iterations))),\(number(frame.y($0.rmse)))" }
        let line =
            """
            <polyline class="c\(colour)" stroke-width="\(index == 0 ? 2.5 : 1.5)"\(dash) \
            points="\(path.joined(separator: " "))"/>
            """
        return [line]
            + curve.points.map { point in
                let place = "cx=\"\(number(frame.x(point.iterations)))\" cy=\"\(number(frame.y(point.rmse)))\""
                let name = curves.count > 1 ? XMLText.escaped(curves[index].name) + ", " : ""
                return """
                    <circle class="p\(colour)" \(place) r="\(index == 0 ? 4 : 3)">\
                    <title>\(name)\(point.iterations) iterations: \(PlotScale.label(point.rmse))</title></circle>
                    """
            }
    }

    private func names(_ frame: Frame) -> [String] {
        curves.enumerated().map { index, entry in
            let (colour, dash) = style(index)
            let (x, y) = (frame.width - frame.right + 20, frame.top + 12 + 26 * Double(index))
            return """
                <line class="c\(colour)" stroke-width="\(index == 0 ? 2.5 : 1.5)"\(dash) \
                x1="\(x)" x2="\(x + 24)" y1="\(y)" y2="\(y)"/>\
                <text class="t" x="\(x + 32)" y="\(y + 4)"\(index == 0 ? " font-weight=\"600\"" : "")>\
                \(XMLText.escaped(entry.name))</text>
                """
        }
    }

    private func number(_ value: Double) -> String { String((value * 10).rounded() / 10) }
}
