import SwiftwaterCore

extension MatrixFactorizationModel {
    /// Returns how many of the ratings are of pairs of a user and an item that the model was trained on.
    ///
    /// - Complexity: O(ratings + items + ratings of the users in training).
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
        // The user, from 1, who has rated an item last.
        var lastUser = [UInt32](repeating: 0, count: itemIDs.count)
        for (user, asked) in ofUser.enumerated() where !asked.isEmpty {
            for entry in history.range(of: user) { lastUser[Int(history.columns[entry])] = UInt32(user + 1) }
            count += asked.count { lastUser[Int($0)] == UInt32(user + 1) }
        }
        return count
    }
}
