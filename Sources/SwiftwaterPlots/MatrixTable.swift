import SwiftwaterCore
import SwiftwaterRecommender

/// The user x item matrix as a readable table, with `?` for missing ratings.
public struct MatrixTable: Sendable {
    /// One cell of the table.
    public enum Cell: Sendable, Equatable {
        /// A rating.
        case rated(Float)
        /// A prediction for a missing rating.
        case predicted(Float)
        /// Neither a rating nor a prediction.
        case unknown
    }

    /// The ids of the users, one per row.
    public let users: [String]
    /// The ids of the items, one per column.
    public let items: [String]
    /// The cells, row by row.
    public let cells: [[Cell]]
    /// The total number of users and items in the ratings.
    public let totals: (users: Int, items: Int)

    /// The users or items that a table shows.
    public enum Selection: Sendable {
        /// The first ones in the order of the file.
        case first(Int)
        /// The ones with the most ratings, in that order.
        case mostRated(Int)
    }

    /// Creates a table of some users and items.
    ///
    /// - Parameter predict: predicts missing ratings; nil to leave them unknown.
    /// - Parameter users: the users, one for each row.
    /// - Parameter items: the items, one for each column.
    /// - Parameter ratings: the ratings to show.
    public init(
        _ ratings: Ratings, users: Selection = .first(10), items: Selection = .first(10),
        predict: ((_ user: Int, _ item: Int) -> Float?)? = nil
    ) {
        func chosen(_ column: [UInt32], _ count: Int, _ selection: Selection) -> [Int] {
            guard case .mostRated(let limit) = selection else {
                if case .first(let limit) = selection { return Array(0..<max(0, min(limit, count))) }
                return []
            }
            var counts = [Int](repeating: 0, count: count)
            for index in column { counts[Int(index)] += 1 }
            return Array(
                (0..<count).sorted { counts[$0] != counts[$1] ? counts[$0] > counts[$1] : $0 < $1 }.prefix(
                    max(0, limit)))
        }
        let rows = chosen(ratings.users, ratings.userIDs.count, users)
        let columns = chosen(ratings.items, ratings.itemIDs.count, items)
        let rowOf = Dictionary(uniqueKeysWithValues: rows.enumerated().map { (UInt32($1), $0) })
        let columnOf = Dictionary(uniqueKeysWithValues: columns.enumerated().map { (UInt32($1), $0) })
        var cells = [[Cell]](repeating: [Cell](repeating: .unknown, count: columns.count), count: rows.count)
        for index in 0..<ratings.count {
            if let row = rowOf[ratings.users[index]], let column = columnOf[ratings.items[index]] {
                cells[row][column] = .rated(ratings.values[index])
            }
        }
        if let predict {
            for (row, user) in rows.enumerated() {
                for (column, item) in columns.enumerated() where cells[row][column] == .unknown {
                    if let value = predict(user, item) { cells[row][column] = .predicted(value) }
                }
            }
        }
        self.users = rows.map { ratings.userIDs[$0] }
        self.items = columns.map { ratings.itemIDs[$0] }
        self.cells = cells
        totals = (ratings.userIDs.count, ratings.itemIDs.count)
    }

    /// Creates a table of ratings that come from elsewhere.
    package init(
        users: [String], items: [String], ratings: [(user: String, item: String, rating: Float)],
        totals: (users: Int, items: Int)
    ) {
        let row = Dictionary(uniqueKeysWithValues: zip(users, users.indices))
        let column = Dictionary(uniqueKeysWithValues: zip(items, items.indices))
        var cells = [[Cell]](repeating: [Cell](repeating: .unknown, count: items.count), count: users.count)
        for entry in ratings {
            if let row = row[entry.user], let column = column[entry.item] { cells[row][column] = .rated(entry.rating) }
        }
        (self.users, self.items, self.cells, self.totals) = (users, items, cells, totals)
    }

    /// Returns the table as lines of text with aligned columns. Predictions are in parentheses.
    ///
    /// - Parameters:
    ///   - width: the number of characters in a line, at most; titles are cut for it, to 4 characters if need be.
    ///   - title: returns the title of an item for the header. By default, its id.
    public func lines(width: Int = 80, title: (String) -> String = { $0 }) -> [String] {
        func cut(_ text: String, _ width: Int) -> String {
            text.count <= width ? text : String(text.prefix(width - 1)) + "…"
        }
        let names = users.map { cut(TerminalText.safe($0), 16) }
        let texts = cells.map { $0.map(MatrixTable.text) }
        let first = max(4, names.map(\.count).max() ?? 0)
        let share = items.isEmpty ? 16 : (width - first) / items.count - 2
        let headers = items.map { cut(TerminalText.safe(title($0)), min(16, max(4, share))) }
        let widths = headers.indices.map { column in
            max(headers[column].count, texts.map { $0[column].count }.max() ?? 0)
        }
        func line(_ name: String, _ values: [String]) -> String {
            name.padded(to: first) + zip(values, widths).map { "  " + $0.leftPadded(to: $1) }.joined()
        }
        return [line("user", headers)] + zip(names, texts).map { line($0, $1) }
    }

    static func text(_ cell: Cell) -> String {
        switch cell {
        case .rated(let value): number(value, digits: 1)
        case .predicted(let value): "(" + number(value, digits: 2) + ")"
        case .unknown: "?"
        }
    }

    private static func number(_ value: Float, digits: Int) -> String {
        if digits == 1, let whole = Int(exactly: value) { return String(whole) }
        let scale: Float = digits == 1 ? 10 : 100
        guard let scaled = Int(exactly: (value * scale).rounded()) else { return "\(value)" }
        let fraction = String(scaled.magnitude % UInt(scale))
        return (scaled < 0 ? "-" : "") + "\(scaled.magnitude / UInt(scale))."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
