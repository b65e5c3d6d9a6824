import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterStorage

/// The result of a training.
public struct TrainingReport: Sendable, Equatable {
    /// When it ended, in milliseconds since 1970.
    public let ended: Int64
    /// The duration of the training in milliseconds.
    public let milliseconds: Int64
    /// The number of ratings that the model was trained on.
    public let ratings: Int
    /// The number of users in the model.
    public let users: Int
    /// The number of items in the model.
    public let items: Int
    /// The RMSE on a held-out tenth of the ratings after each iteration.
    public let curve: [LearningCurve.Point]
    /// The RMSE after the last iteration; nil if the curve is empty.
    public var rmse: Double? { curve.last?.rmse }
}

extension TrainingReport: JSONWritable {
    private static func path(_ directory: String) -> String { directory + "/training.json" }

    /// Writes the report as a JSON object.
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

    /// Reads the report of the last training; returns nil if there is none or it cannot be read.
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
