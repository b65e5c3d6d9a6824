import ArgumentParser
import Swiftwater

/// A machine-readable output format for lists of recommendations.
enum RecommendationFormat: String, ExpressibleByArgument, CaseIterable {
    case csv
    case ndjson

    /// The side that receives the lists.
    enum Side: String {
        case users
        case items
    }

    func header(_ side: Side) -> String {
        switch (self, side) {
        case (.ndjson, _): ""
        case (.csv, .users): "userId,rank,movieId,score,source\n"
        case (.csv, .items): "movieId,rank,userId,score,source\n"
        }
    }

    func rows(
        _ first: String, _ list: [Scored], _ ids: IdentifierTable, _ side: Side, _ source: Recommendation.Source
    ) -> String {
        let (own, other) = side == .users ? ("user", "item") : ("item", "user")
        return list.enumerated().map { place, scored in
            switch self {
            case .csv:
                """
                \(CSVReader.quoted(first)),\(place + 1),\(CSVReader.quoted(ids[scored.index])),\(scored.score),\
                \(source.rawValue)\n
                """
            case .ndjson:
                JSONWriter.object { json in
                    json.member(own, first)
                    json.member("rank", place + 1)
                    json.member(other, ids[scored.index])
                    json.member("score", scored.score)
                    json.member("source", source.rawValue)
                } + "\n"
            }
        }.joined()
    }
}

extension RecommendationFilter {
    /// Creates a filter from files of item ids, one per line. Ignores ids unknown to the model.
    init(allow: String?, deny: String?, _ model: MatrixFactorizationModel) throws {
        func items(_ path: String) throws -> Set<Int> {
            let bytes = try ByteSource(path: path).readAll()
            let lines = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
            return Set(lines.compactMap { model.itemIDs.index(of: String(decoding: $0, as: UTF8.self)) })
        }
        self.init(allowed: try allow.map(items), denied: try deny.map(items) ?? [])
    }
}
