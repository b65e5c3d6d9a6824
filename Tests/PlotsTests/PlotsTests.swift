import Foundation
import SwiftwaterPlots
import SwiftwaterRecommender
import SwiftwaterSamples
import Testing

@Suite struct PlotsTests {
    @Test func plotsHoldEveryPoint() {
        let curve = LearningCurve(points: [
            .init(iterations: 1, rmse: 0.9), .init(iterations: 3, rmse: 0.85), .init(iterations: 7, rmse: 0.82),
        ])
        let svg = curve.svg(title: "a < b")
        #expect(svg.components(separatedBy: "<circle").count == 4)
        #expect(svg.contains("a &lt; b") && svg.hasSuffix("</svg>\n"))
        let chart = curve.terminalChart(width: 40, height: 8)
        #expect(chart.filter { $0 == "●" }.count == 3)
        #expect(chart.split(separator: "\n").allSatisfy { $0.count <= 60 })
        #expect(!LearningCurve(points: [.init(iterations: 1, rmse: 0.9)]).terminalChart().isEmpty)
    }

    @Test func severalCurvesAreDrawnWithTheirNames() throws {
        func curve(_ values: Double...) -> LearningCurve {
            LearningCurve(points: values.enumerated().map { .init(iterations: 2 * $0 + 1, rmse: $1) })
        }
        let svg = LearningCurvesPlot([("a < b", curve(0.9, 0.85)), ("second", curve(0.95, 0.8, 0.79))]).svg()
        #expect(
            svg.components(separatedBy: "<polyline").count == 3 && svg.components(separatedBy: "<circle").count == 6)
        #expect(svg.contains(">a &lt; b<") && svg.contains("second, 5 iterations: 0.7900") && svg.contains(">5</text>"))
        let many = LearningCurvesPlot((0..<20).map { ("curve \($0)", curve(0.9, 0.8)) })
        #expect(many.curves.count == LearningCurvesPlot.curvesMax && many.svg().contains("stroke-dasharray"))
        let folds = try GridSearch(ALSSettings(), ranks: [2], regularizations: [0.1], iterations: [1, 2])
            .run(try TextbookRatings.sixUsers.folds(3, seed: 1))
        #expect(folds[0].foldCurves.count == 3)
        #expect(LearningCurvesPlot(folds).curves.map(\.name) == ["mean", "fold 1", "fold 2", "fold 3"])
        for (index, point) in folds[0].curve.points.enumerated() {
            let mean = folds[0].foldCurves.reduce(0) { $0 + $1.points[index].rmse } / 3
            #expect(abs(point.rmse - mean) < 1e-12)
        }
    }

    @Test func hugeRatingsAreShown() throws {
        let text = "userId,movieId,rating\n1,1,1e20\n1,2,-0.25\n"
        let ratings = try Ratings.read(bytes: Array(text.utf8), name: "r.csv").ratings
        #expect(MatrixTable(ratings).lines()[1].contains("1e+20"))
    }

    @Test func theMatrixShowsQuestionMarks() {
        #expect(
            MatrixTable(TextbookRatings.sixUsers).lines() == [
                "user    Avengers  Conjuring  Iron Man  Titanic  Dark Knight",
                "User_1         8          1         ?        2            7",
                "User_2         2          ?         5        7            5",
                "User_3         5          4         7        4            7",
                "User_4         7          1         7        3            8",
                "User_5         1          7         4        6            5",
                "User_6         8          3         8        3            7",
            ])
    }
}
