import Swiftwater

/// Shapes of `--json` that several commands have.
enum JSONOutput {
    /// Writes a ranked list as a member: `rank`, the id under the name of its kind, `title` of an item if there are
    /// titles, and the score.
    ///
    /// - Parameters:
    ///   - kind: `item` or `user`.
    ///   - score: the name of the scores.
    static func write(
        _ name: String, _ list: [Scored], _ ids: IdentifierTable, kind: String, _ titles: Catalogue?,
        score: String = "score", to json: inout JSONWriter
    ) {
        json.member(name, array: Array(list.enumerated())) { json, entry in
            json.object { json in
                let id = ids[entry.element.index]
                json.member("rank", entry.offset + 1)
                json.member(kind, id)
                if kind == "item", let titles { json.member("title", titles.title(id)) }
                json.member(score, entry.element.score)
            }
        }
    }

    /// Returns a matrix: ids, titles if there are some, and rows with null for what is not known.
    static func matrix(_ table: MatrixTable, of count: Int, _ titles: Catalogue?) -> String {
        JSONWriter.object { json in
            json.member("ratings", count)
            json.member("totalUsers", table.totals.users)
            json.member("totalItems", table.totals.items)
            json.member("users", table.users)
            json.member("items", table.items)
            if let titles { json.member("titles", table.items.map { titles.title($0) }) }
            json.member("rows", array: table.cells) { json, row in
                json.array(row) { json, cell in
                    switch cell {
                    case .rated(let rating): json.value(rating)
                    case .predicted(let rating): json.object { $0.member("predicted", rating) }
                    case .unknown: json.null()
                    }
                }
            }
        }
    }
}
