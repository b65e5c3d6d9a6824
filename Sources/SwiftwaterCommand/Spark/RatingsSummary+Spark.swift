#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension RatingsSummary {
        /// Summarizes ratings of a cluster in one pass over them.
        init(_ ratings: SparkRatings, _ session: SparkSession) async throws {
            let rows = try await session.sql(
                """
                SELECT kind, rating, n, count(*) FROM (
                  SELECT grouping_id(user, item, rating) AS kind, rating, count(*) AS n FROM ratings
                  GROUP BY GROUPING SETS ((user), (item), (rating)))
                GROUP BY kind, rating, n ORDER BY kind, rating, n
                """, tables: ["ratings": ratings.table]
            ).rows()
            func spread(_ kind: Int64) -> Spread {
                Spread(
                    rows.filter { $0[0].integer == kind }.map {
                        (Int($0[2].integer ?? 0), Int($0[3].integer ?? 0))
                    })
            }
            let histogram = rows.filter { $0[0].integer == 6 }.map { row in
                (value: Float(row[1].number ?? 0), count: Int(row[2].integer ?? 0))
            }
            let count = histogram.reduce(0) { $0 + $1.count }
            let sum = histogram.reduce(0.0) { $0 + Double($1.value) * Double($1.count) }
            // The bits of grouping_id are of the columns that are not grouped by: user, item, rating.
            self.init(
                users: spread(3), items: spread(5), histogram: histogram, mean: sum / Double(max(1, count)))
        }
    }
#endif
