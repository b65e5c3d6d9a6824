import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterStorage

/// What a training came to.
public struct TrainingReport: Sendable, Equatable {
    /// When it ended, in milliseconds since 1970.
    public let ended: Int64
    public let milliseconds: Int64
    public let ratings: Int
    public let users: Int
    public let items: Int
    /// RMSE on a tenth of the ratings, held out, after each iteration.
    public let curve: [LearningCurve.Point]
    /// The RMSE after the last iteration.
    public var rmse: Double? { curve.last?.rmse }
}

extension TrainingReport: JSONWritable {
    private static func path(_ directory: String) -> String { directory + "/training.json" }

    /// Writes the report as an object.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("ended", ended)
            json.member("milliseconds", milliseconds)
            json.member("ratings", ratings)
            json.member("users", users)
            json.member("items", items)
            json.member("curve", array: curve) { json, point in
                json.object {
                    $0.member("iterations", point.iterations)
                    $0.member("rmse", point.rmse)
                }
            }
        }
    }

    func write(_ directory: String, _ files: any FileSystem) throws {
        try files.replace(Self.path(directory), with: Array((JSONWriter.string(self) + "\n").utf8))
    }

    /// The report of the last training; nil where there is none that can be read.
    static func read(_ directory: String, _ files: any FileSystem) -> TrainingReport? {
        guard let bytes = try? files.read(path(directory)),
            let json = try? bytes.withUnsafeBufferPointer({ try JSONValue(parsing: $0) }),
            let ended = json["ended"]?.integer, let spent = json["milliseconds"]?.integer,
            let ratings = json["ratings"]?.integer, let users = json["users"]?.integer,
            let items = json["items"]?.integer, let curve = json["curve"]?.array
        else { return nil }
        let points = curve.compactMap { point -> LearningCurve.Point? in
            guard let iterations = point["iterations"]?.integer, let rmse = point["rmse"]?.double else { return nil }
            return .init(iterations: Int(iterations), rmse: rmse)
        }
        return TrainingReport(
            ended: ended, milliseconds: spent, ratings: Int(ratings), users: Int(users), items: Int(items),
            curve: points)
    }
}
