#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSparkProtocol

    /// A model in a folder of the cluster:
    ///
    ///     als       Spark's own `ALSModel`, which any Spark program can load
    ///     ratings   Parquet: the training ratings, by number
    ///     users     Parquet: the ids of the users' numbers, if the ids are not the numbers
    ///     items     Parquet: the same for items
    ///     about     JSON: the settings, written at the beginning and, as complete, at the end
    extension SparkALSModel {
        private static let modelClass = "org.apache.spark.ml.recommendation.ALSModel"
        private static let aboutSchema =
            "isComplete BOOLEAN, rank INT, iterations INT, regularization DOUBLE, implicit BOOLEAN, alpha DOUBLE, "
            + "nonnegative BOOLEAN, seed LONG, ratings LONG, userNumbers BOOLEAN, users LONG, unknownUser LONG, "
            + "itemNumbers BOOLEAN, items LONG, unknownItem LONG"

        /// Saves the model, with the ratings that it was trained on, in a folder of the cluster. What is there is
        /// replaced.
        public func save(to folder: String, train: SparkRatings) async throws {
            let count = try await train.count()
            try await writeAbout(folder, train, count, isComplete: false)
            var command = SCCommand()
            command.mlCommand.write.objRef = reference
            command.mlCommand.write.path = folder + "/als"
            command.mlCommand.write.shouldOverwrite = true
            _ = try await session.run(command)
            try await train.table.write("parquet", to: folder + "/ratings", replacing: true)
            try await train.userNames?.write("parquet", to: folder + "/users", replacing: true)
            try await train.itemNames?.write("parquet", to: folder + "/items", replacing: true)
            try await writeAbout(folder, train, count, isComplete: true)
        }

        private func writeAbout(
            _ folder: String, _ train: SparkRatings, _ count: Int, isComplete: Bool
        ) async throws {
            let values: [(String, String)] = [
                ("isComplete", "\(isComplete)"), ("rank", "\(settings.rank)"),
                ("iterations", "\(settings.maxIterations)"), ("regularization", "\(settings.regularization)D"),
                ("implicit", "\(settings.isImplicit)"), ("alpha", "\(settings.alpha)D"),
                ("nonnegative", "\(settings.solver == .nonNegative)"), ("seed", "\(Int64(bitPattern: settings.seed))L"),
                ("ratings", "\(count)L"), ("userNumbers", "\(train.users.isNumber)"),
                ("users", "\(train.sizes.users)L"),
                ("unknownUser", "\(train.users.unknown)L"), ("itemNumbers", "\(train.items.isNumber)"),
                ("items", "\(train.sizes.items)L"), ("unknownItem", "\(train.items.unknown)L"),
            ]
            let query = "SELECT " + values.map { "\($1) AS \($0)" }.joined(separator: ", ")
            try await session.sql(query).write("json", to: folder + "/about", replacing: true)
        }

        /// Loads a model that was saved in a folder of the cluster.
        ///
        /// - Returns: the model, and the ratings that it was trained on.
        /// - Throws: `notFound` if there is no model, `corrupted` if it is incomplete; Spark's errors.
        public static func load(
            _ folder: String, in session: SparkSession
        ) async throws -> (model: SparkALSModel, train: SparkRatings) {
            let rows: [SparkRow]
            do {
                rows = try await session.read("json", folder + "/about", schema: aboutSchema).rows()
            } catch let error as SwiftwaterError where error.code == .notFound || error.code == .invalidArgument {
                throw SwiftwaterError(
                    .notFound, "\(folder): there is no saved model on the cluster",
                    remedy: "check the path; it is a folder of the cluster, not a model file of this machine",
                    cause: error)
            }
            guard let about = rows.first, about["isComplete"] == .bool(true) else {
                throw SwiftwaterError(
                    .corrupted, "\(folder): the model is incomplete: saving it was interrupted",
                    remedy: "train it again")
            }
            var command = SCCommand()
            command.mlCommand.read.operator = SparkALS.operatorNamed(modelClass, .model)
            command.mlCommand.read.path = folder + "/als"
            guard let reference = try await session.run(command).compactMap(\.modelReference).first else {
                throw SwiftwaterError(.taskFailed, "Spark gave no model")
            }
            func identifiers(_ name: String, _ unknown: String) -> (SparkIdentifiers, SparkTable?) {
                let isNumber = about[name.dropLast() + "Numbers"] == .bool(true)
                return (
                    SparkIdentifiers(
                        isNumber: isNumber, unknown: about[unknown]?.integer ?? -1),
                    isNumber ? nil : session.parquet("\(folder)/\(name)")
                )
            }
            func number(_ name: String) -> Int { Int(about[name]?.integer ?? 0) }
            let train = SparkRatings(
                session.parquet(folder + "/ratings"), users: identifiers("users", "unknownUser"),
                items: identifiers("items", "unknownItem"),
                sizes: .init(ratings: number("ratings"), users: number("users"), items: number("items")))
            return (SparkALSModel(session, reference, Self.settings(about)), train)
        }

        private static func settings(_ about: SparkRow) -> ALSSettings {
            ALSSettings(
                rank: Int(about["rank"]?.integer ?? 0), maxIterations: Int(about["iterations"]?.integer ?? 0),
                regularization: about["regularization"]?.number ?? 0, isImplicit: about["implicit"] == .bool(true),
                alpha: about["alpha"]?.number ?? 1,
                solver: about["nonnegative"] == .bool(true) ? .nonNegative : .cholesky,
                seed: UInt64(bitPattern: about["seed"]?.integer ?? 0))
        }
    }

    extension SCExecutePlanResponse {
        /// The model that a command gave.
        var modelReference: SCObjectRef? {
            guard case .mlCommandResult(let result)? = responseType, case .operatorInfo(let info)? = result.resultType
            else { return nil }
            return info.objRef
        }
    }
#endif
