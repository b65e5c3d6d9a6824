import SwiftwaterCore

/// An interpretation of a latent factor: the genres whose items have more, or less, of it than others.
package struct FactorGenres: Sendable, Equatable {
    /// How strongly a genre loads on the factor.
    package struct Loading: Sendable, Equatable {
        /// The genre.
        package let genre: String
        /// The distance of the mean of the genre's items from the mean of all items, in standard errors.
        package let strength: Double
        /// The number of items of the genre.
        package let items: Int
    }

    /// The number of the factor, from 0.
    package let factor: Int
    /// The loadings of genres with at least `itemsMin` items, from the most positive to the most negative.
    package let loadings: [Loading]
    /// The items with the most of the factor, highest first.
    package let most: [Int]
    /// The items with the least of the factor, lowest first.
    package let least: [Int]

    static let itemsMin = 5
}

extension MatrixFactorizationModel {
    /// Returns how strongly the genres load on each factor.
    ///
    /// O(items x (rank + genres of an item) + rank x items log items).
    ///
    /// - Parameter examples: the number of items to list at either end.
    package func genresByFactor(_ catalogue: Catalogue, examples: Int = 3) -> [FactorGenres] {
        let items = (0..<itemIDs.count).filter(knows(itemIndex:))
        let genres = items.map { catalogue[itemIDs[$0]]?.genres ?? [] }
        let names = Set(genres.joined()).sorted()
        return (0..<rank).map { factor in
            let values = items.map { Double(itemFactors[$0 * rank + factor]) }
            let mean = values.reduce(0, +) / Double(max(1, values.count))
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count))
            var sums: [String: (sum: Double, count: Int)] = [:]
            for (value, list) in zip(values, genres) {
                for genre in list { sums[genre] = ((sums[genre]?.sum ?? 0) + value, (sums[genre]?.count ?? 0) + 1) }
            }
            let loadings = names.compactMap { name -> FactorGenres.Loading? in
                guard let (sum, count) = sums[name], count >= FactorGenres.itemsMin, variance > 0 else { return nil }
                let error = (variance / Double(count)).squareRoot()
                return .init(genre: name, strength: (sum / Double(count) - mean) / error, items: count)
            }
            let order = items.indices.sorted {
                values[$0] != values[$1] ? values[$0] > values[$1] : items[$0] < items[$1]
            }
            return FactorGenres(
                factor: factor,
                loadings: loadings.sorted {
                    $0.strength != $1.strength ? $0.strength > $1.strength : $0.genre < $1.genre
                },
                most: order.prefix(examples).map { items[$0] },
                least: order.suffix(examples).reversed().map { items[$0] })
        }
    }
}
