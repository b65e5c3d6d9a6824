import Swiftwater

/// Two lists that show what a new model knows: what it recommends to the most active user, and what is like the
/// most-rated film.
struct TrainedExamples {
    private static let length = 5
    let model: MatrixFactorizationModel
    let catalogue: Catalogue
    let console: Console

    func show() throws {
        guard let user = model.userIDs.index(ofMost: { model.history.count(of: $0) }),
            let item = model.itemIDs.index(ofMost: { Int(model.itemCounts[$0]) })
        else { return }
        let id = model.userIDs[user]
        let found = try model.recommend(user: id, limit: Self.length)
        let count = Format.count(model.history.count(of: user))
        try console.line(console.styled("For user \(TerminalText.safe(id)), with \(count) ratings", .bold))
        try RecommendCommand.show(found.items, model.itemIDs, catalogue, console)
        let title = TerminalText.safe(catalogue.title(model.itemIDs[item]))
        try console.line(
            console.styled("Like \(title), with \(Format.count(Int(model.itemCounts[item]), "rating"))", .bold))
        try RecommendCommand.show(
            model.similarItems(toItemIndex: item, limit: Self.length), model.itemIDs, catalogue, console)
    }
}

extension IdentifierTable {
    /// Returns the index of the identifier with the highest count; of several, the first.
    fileprivate func index(ofMost count: (Int) -> Int) -> Int? {
        (0..<self.count).max { (count($0), -$0) < (count($1), -$1) }
    }
}
