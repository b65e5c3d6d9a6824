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

    func header(_ side: Side, _ titles: Catalogue?) -> String {
        let title = titles == nil ? "" : ",title"
        return switch (self, side) {
        case (.ndjson, _): ""
        case (.csv, .users): "userId,rank,movieId,score,source\(title)\n"
        case (.csv, .items): "movieId,rank,userId,score,source\(title)\n"
        }
    }

    func rows(
        _ first: String, _ list: [Scored], _ ids: IdentifierTable, _ side: Side, _ source: Recommendation.Source,
        _ titles: Catalogue?
    ) -> String {
        list.enumerated().map { place, scored in
            row(first, place + 1, ids[scored.index], scored.score, side, source, titles)
        }.joined()
    }

    /// - Parameter titles: the titles of items, if rows are to have them.
    func row(
        _ first: String, _ rank: Int, _ second: String, _ score: Float, _ side: Side, _ source: Recommendation.Source,
        _ titles: Catalogue?
    ) -> String {
        let (own, other) = side == .users ? ("user", "item") : ("item", "user")
        let title = titles?.title(side == .users ? second : first)
        return switch self {
        case .csv:
            "\(CSVReader.quoted(first)),\(rank),\(CSVReader.quoted(second)),\(score),\(source.rawValue)"
                + (title.map { "," + CSVReader.quoted($0) } ?? "") + "\n"
        case .ndjson:
            JSONWriter.object { json in
                json.member(own, first)
                json.member("rank", rank)
                json.member(other, second)
                json.member("score", score)
                json.member("source", source.rawValue)
                if let title { json.member("title", title) }
            } + "\n"
        }
    }
}

extension RecommendationFilter {
    /// Creates a filter from files of item ids, one per line. Mentions ids that the model does not know.
    init(allow: String?, deny: String?, _ model: MatrixFactorizationModel, _ console: Console) throws {
        func items(_ path: String) throws -> Set<Int> {
            var (known, unknown) = (Set<Int>(), [String]())
            for id in try ListFile.entries(of: path) {
                if let index = model.itemIDs.index(of: id) { known.insert(index) } else { unknown.append(id) }
            }
            if !unknown.isEmpty {
                let some = unknown.prefix(3).map { "'\(TerminalText.safe(String($0.prefix(40))))'" }
                console.remark(
                    "\(path): the model does not know \(Format.count(unknown.count)) of "
                        + "\(Format.count(unknown.count + known.count, "item")), such as \(some.joined(separator: ", "))"
                )
            }
            return known
        }
        self.init(allowedIndexes: try allow.map(items), deniedIndexes: try deny.map(items) ?? [])
    }
}
