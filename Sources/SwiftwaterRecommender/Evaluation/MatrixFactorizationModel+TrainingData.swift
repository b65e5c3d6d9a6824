import SwiftwaterCore

extension MatrixFactorizationModel {
    /// Returns how many of the ratings are of pairs of a user and an item that the model was trained on.
    ///
    /// - Complexity: O(ratings + ratings of the users in training).
    package func trainingCount(of ratings: Ratings) -> Int {
        guard !history.columns.isEmpty else { return 0 }
        let users = (0..<ratings.userIDs.count).map { userIDs.index(of: ratings.userIDs[$0]) }
        let items = (0..<ratings.itemIDs.count).map { itemIDs.index(of: ratings.itemIDs[$0]) }
        var ofUser = [[UInt32]](repeating: [], count: userIDs.count)
        for row in 0..<ratings.count {
            guard let user = users[Int(ratings.users[row])], let item = items[Int(ratings.items[row])] else { continue }
            ofUser[user].append(UInt32(item))
        }
        var count = 0
        for (user, asked) in ofUser.enumerated() where !asked.isEmpty {
            let known = Set(history.range(of: user).map { history.columns[$0] })
            count += asked.count { known.contains($0) }
        }
        return count
    }
}
