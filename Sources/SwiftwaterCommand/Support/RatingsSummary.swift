import Swiftwater

/// Counts and distribution of ratings.
struct RatingsSummary {
    /// How many ratings the users, or the items, have.
    struct Spread: Equatable {
        /// The number of users or items.
        let count: Int
        let least: Int
        let median: Int
        let most: Int

        /// - Parameter numbers: how many have how many ratings, by the number of ratings.
        init(_ numbers: [(ratings: Int, owners: Int)]) {
            let total = numbers.reduce(0) { $0 + $1.owners }
            var before = 0
            var median = 0
            for (ratings, owners) in numbers {
                if before <= total / 2 { median = ratings }
                before += owners
            }
            (count, least, self.median, most) = (total, numbers.first?.ratings ?? 0, median, numbers.last?.ratings ?? 0)
        }

        /// - Parameter column: the number of a user or item for each rating.
        init(_ column: [UInt32], _ count: Int) {
            var counts = [Int](repeating: 0, count: count)
            for index in column { counts[Int(index)] += 1 }
            counts.sort()
            (self.count, least, median, most) = (count, counts.first ?? 0, counts[count / 2], counts.last ?? 0)
        }

        var text: String {
            "\(Format.count(count)), ratings each: \(Format.count(least)) to \(Format.count(most)), "
                + "median \(Format.count(median))"
        }
    }

    let users: Spread
    let items: Spread
    /// The values with their numbers, in ascending order.
    let histogram: [(value: Float, count: Int)]
    let mean: Double
    var count: Int { histogram.reduce(0) { $0 + $1.count } }

    init(users: Spread, items: Spread, histogram: [(value: Float, count: Int)], mean: Double) {
        (self.users, self.items, self.histogram, self.mean) = (users, items, histogram, mean)
    }

    init(_ ratings: Ratings) {
        var byValue: [Float: Int] = [:]
        for value in ratings.values { byValue[value, default: 0] += 1 }
        self.init(
            users: Spread(ratings.users, ratings.userIDs.count), items: Spread(ratings.items, ratings.itemIDs.count),
            histogram: byValue.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, mean: ratings.mean)
    }

    var text: String {
        let cells = Double(users.count) * Double(items.count)
        var lines = [
            "ratings           \(Format.count(count))",
            "users             \(users.text)",
            "items             \(items.text)",
            "rated             \(Format.decimal(100 * Double(count) / cells, 3))% of the matrix",
            "mean rating       \(Format.decimal(mean))",
        ]
        if histogram.count <= 20 {
            let most = histogram.map(\.count).max() ?? 1
            for (value, count) in histogram {
                let bar = String(repeating: "█", count: max(1, count * 40 / most))
                lines.append(
                    Format.right(Format.decimal(Double(value), 1), 9) + Format.right(Format.count(count), 13) + "  "
                        + bar)
            }
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        JSONWriter.object { json in
            json.member("ratings", count)
            json.member("users", users.count)
            json.member("items", items.count)
            json.member("mean", mean)
            json.member("histogram", array: histogram) { json, bar in
                json.object {
                    $0.member("rating", bar.value)
                    $0.member("count", bar.count)
                }
            }
        }
    }
}
