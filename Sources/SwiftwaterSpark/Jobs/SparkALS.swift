#if SparkConnect
    import SwiftProtobuf
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSparkProtocol

    /// Alternating least squares on a Spark cluster: `org.apache.spark.ml.recommendation.ALS`.
    public struct SparkALS: Sendable, CustomStringConvertible {
        private let settings: ALSSettings

        /// The estimator with its parameters, in Spark's words.
        public var description: String {
            "ALS(rank=\(settings.rank), maxIter=\(settings.maxIterations), regParam=\(settings.regularization), "
                + "implicitPrefs=\(settings.isImplicit), alpha=\(settings.alpha), "
                + "nonnegative=\(settings.solver == .nonNegative), seed=\(settings.seed))"
        }

        /// Creates an estimator.
        ///
        /// - Throws: `unsupported` for settings that Spark does not have, by name.
        public init(_ settings: ALSSettings = ALSSettings()) throws {
            func refuse(_ isUsed: Bool, _ what: String) throws {
                guard isUsed else { return }
                throw SwiftwaterError(
                    .unsupported, "Spark's ALS has no \(what)", remedy: "train on this machine, or without it")
            }
            try refuse(settings.hasBiases, "biases")
            try refuse(settings.tolerance > 0, "tolerance that ends the training early")
            try refuse(settings.solver == .conjugateGradient, "conjugate gradient solver")
            self.settings = settings
        }

        /// Trains a model on the cluster, where it stays until the session is closed.
        ///
        /// - Throws: `limitExceeded` if the model is larger than the server allows; Spark's errors.
        public func fit(_ ratings: SparkRatings) async throws -> SparkALSModel {
            var command = SCCommand()
            command.mlCommand.fit.estimator = SparkALS.operatorNamed(
                "org.apache.spark.ml.recommendation.ALS", .estimator)
            command.mlCommand.fit.dataset = ratings.table.relation
            command.mlCommand.fit.params.params = [
                "rank": .integer(settings.rank), "maxIter": .integer(settings.maxIterations),
                "regParam": .number(settings.regularization), "implicitPrefs": .flag(settings.isImplicit),
                "alpha": .number(settings.alpha), "nonnegative": .flag(settings.solver == .nonNegative),
                "userCol": .text("user"), "itemCol": .text("item"), "ratingCol": .text("rating"),
                "seed": .long(Int64(bitPattern: settings.seed)), "coldStartStrategy": .text("nan"),
            ]
            if let reference = try await ratings.table.session.run(command).compactMap(\.modelReference).first {
                return SparkALSModel(ratings.table.session, reference, settings)
            }
            throw SwiftwaterError(.taskFailed, "Spark gave no model")
        }

        static func operatorNamed(_ name: String, _ kind: SCMlOperator.OperatorType) -> SCMlOperator {
            var result = SCMlOperator()
            (result.name, result.type) = (name, kind)
            result.uid = "swiftwater_" + (name.split(separator: ".").last.map { $0.lowercased() } ?? "operator")
            return result
        }
    }

    extension SCExpression.Literal {
        fileprivate static func integer(_ value: Int) -> Self { with { $0.integer = Int32(clamping: value) } }
        fileprivate static func long(_ value: Int64) -> Self { with { $0.long = value } }
        fileprivate static func number(_ value: Double) -> Self { with { $0.double = value } }
        fileprivate static func flag(_ value: Bool) -> Self { with { $0.boolean = value } }
        fileprivate static func text(_ value: String) -> Self { with { $0.string = value } }
    }
#endif
