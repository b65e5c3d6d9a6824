import SwiftwaterRecommender

/// Small example tables from textbooks.
public enum TextbookRatings {
    /// Six users and five films on a scale of 1 to 8; two ratings are missing.
    public static var sixUsers: Ratings {
        let films = ["Avengers", "Conjuring", "Iron Man", "Titanic", "Dark Knight"]
        let rows: [[Float?]] = [
            [8, 1, nil, 2, 7], [2, nil, 5, 7, 5], [5, 4, 7, 4, 7], [7, 1, 7, 3, 8], [1, 7, 4, 6, 5], [8, 3, 8, 3, 7],
        ]
        var list: [(user: String, item: String, rating: Float)] = []

        for (user, row) in rows.enumerated() {
            for (film, rating) in zip(films, row) {
                if let rating { list.append(("User_\(user + 1)", film, rating)) }
            }
        }
        return Ratings(list, itemOrder: films)
    }
}
