#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterRecommender

    /// Ratings as they come from Spark, batch by batch.
    struct FetchedRatings {
        private var users: [Int64] = []
        private var items: [Int64] = []
        private var values: [Float] = []

        mutating func append(_ users: [Int64], _ items: [Int64], _ values: [Float]) {
            self.users.append(contentsOf: users)
            self.items.append(contentsOf: items)
            self.values.append(contentsOf: values)
        }

        /// Returns the ratings, ordered by user and item, so that they do not depend on Spark's partitions.
        ///
        /// - Parameters:
        ///   - users: the ids of the users' numbers; nil if they are the ids.
        mutating func ratings(users names: [Int64: String]?, items itemNames: [Int64: String]?) throws -> Ratings {
            let order = users.indices.sorted {
                users[$0] != users[$1] ? users[$0] < users[$1] : items[$0] < items[$1]
            }
            guard names != nil || itemNames != nil else {
                var ratings = Ratings()
                for row in order { ratings.append(user: users[row], item: items[row], rating: values[row]) }
                return ratings
            }
            func id(_ number: Int64, _ names: [Int64: String]?) throws -> String {
                guard let names else { return String(number) }
                guard let id = names[number] else {
                    throw SwiftwaterError(.taskFailed, "Spark sent a rating of the unknown id number \(number)")
                }
                return id
            }
            return Ratings(
                try order.map {
                    (user: try id(users[$0], names), item: try id(items[$0], itemNames), rating: values[$0])
                })
        }
    }
#endif
