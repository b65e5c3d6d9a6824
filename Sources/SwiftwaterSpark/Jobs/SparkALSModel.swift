#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSparkProtocol

    /// A model on a Spark cluster.
    public struct SparkALSModel: Sendable {
        let session: SparkSession
        let reference: SCObjectRef
        /// The settings of the training.
        public let settings: ALSSettings

        init(_ session: SparkSession, _ reference: SCObjectRef, _ settings: ALSSettings) {
            (self.session, self.reference, self.settings) = (session, reference, settings)
        }

        /// Returns ratings with a column `prediction`: NaN for a user or item that the training did not have.
        public func predictions(for ratings: SparkRatings) -> SparkTable {
            var relation = SCRelation()
            relation.mlRelation.transform.objRef = reference
            relation.mlRelation.transform.input = ratings.table.relation
            relation.mlRelation.transform.params = SCMlParams()
            return SparkTable(session, relation)
        }

        /// Returns the errors of the predictions; nil if the model can predict no row. Rows that it cannot predict do
        /// not count, as with `coldStartStrategy` "drop".
        public func evaluate(on ratings: SparkRatings) async throws -> RatingMetrics? {
            let rows = try await session.sql(
                """
                SELECT count_if(isnan(prediction)), count(error), sum(error * error), sum(abs(error)), sum(known),
                    sum(known * known)
                FROM (SELECT prediction, IF(isnan(prediction), NULL, DOUBLE(rating)) AS known,
                    IF(isnan(prediction), NULL, DOUBLE(rating) - prediction) AS error FROM predictions)
                """, tables: ["predictions": predictions(for: ratings)]
            ).rows()
            guard let row = rows.first else { return nil }
            var sums = ErrorSums()
            (sums.unknown, sums.count) = (Int(row[0].integer ?? 0), Int(row[1].integer ?? 0))
            (sums.squares, sums.absolutes) = (row[2].number ?? 0, row[3].number ?? 0)
            (sums.sum, sums.sumOfSquares) = (row[4].number ?? 0, row[5].number ?? 0)
            return RatingMetrics(sums)
        }

        /// Returns the factors of the users: `id INT, features ARRAY<FLOAT>`.
        public var userFactors: SparkTable { fetch("userFactors") }
        /// Returns the factors of the items: `id INT, features ARRAY<FLOAT>`.
        public var itemFactors: SparkTable { fetch("itemFactors") }

        func fetch(_ method: String, _ arguments: [SCFetch.Method.Args] = []) -> SparkTable {
            var call = SCFetch.Method()
            (call.method, call.args) = (method, arguments)
            var relation = SCRelation()
            relation.mlRelation.fetch.objRef = reference
            relation.mlRelation.fetch.methods = [call]
            return SparkTable(session, relation)
        }

        /// Fetches the model, so that it can be written, served and folded into on this machine.
        ///
        /// - Parameter train: the ratings it was trained on, which are left out of recommendations.
        public func fetch(train: SparkRatings) async throws -> MatrixFactorizationModel {
            try await fetch(train: train) { _, _ in }
        }

        /// Fetches the model, and tells how many rows of what have come.
        package func fetch(
            train: SparkRatings, announce: (_ what: String, _ rows: Int) throws -> Void
        ) async throws -> MatrixFactorizationModel {
            let (users, items) = (try await train.userIDs(), try await train.itemIDs())
            let ownUsers = try await SparkALSModel.rows(userFactors, users)
            let ownItems = try await SparkALSModel.rows(itemFactors, items)
            try announce("factors", ownUsers.ids.count + ownItems.ids.count)
            let ratings = try await train.fetch()
            try announce("ratings", ratings.count)
            return try MatrixFactorizationModel(
                ratings: ratings, settings: settings, userFactors: ownUsers, itemFactors: ownItems)
        }

        private static func rows(_ table: SparkTable, _ names: [Int64: String]?) async throws -> FactorRows {
            let rows = Monitor(FactorRows())
            try await table.forEachBatch { _, columns in
                guard columns.count == 2, case .integers(let ids) = columns[0].values,
                    case .lists(let features, let ends) = columns[1].values, case .floats(let values) = features.values
                else { throw SwiftwaterError(.taskFailed, "Spark sent factors of other types than were asked for") }
                rows.update { rows in
                    rows.values.append(contentsOf: values.prefix(ends.last ?? 0))
                    rows.ids.append(contentsOf: ids.map { id in names.map { $0[id] ?? "" } ?? String(id) })
                }
            }
            return rows.read { $0 }
        }

        /// Removes the model from the cluster's memory.
        public func delete() async throws {
            var command = SCCommand()
            command.mlCommand.delete.objRefs = [reference]
            _ = try await session.run(command)
        }
    }
#endif
