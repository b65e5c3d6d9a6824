#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension TuneCommand {
        /// Trains on a Spark cluster, once for each number of iterations, since Spark shows no model before its last.
        func run(on master: String) async throws {
            let console = Console()
            try SparkTraining.check(data, ratings, als, upload: cluster.upload)
            guard !als.implicit, folds == nil, ranks == nil, regularizations == nil else {
                throw SwiftwaterError(
                    .unsupported, "on a Spark cluster, tune compares numbers of iterations, of explicit ratings only",
                    remedy: "leave out --implicit, --folds, --ranks and --regularizations, or run here")
            }
            _ = try SparkALS(als.settings(iterations: 1))
            let session = try await SparkTraining.session(master, console)
            try await SparkInterrupt.run(session, console) {
                let parts = try await SparkTraining(
                    session, data, ratings, cluster, seed: als.seed, console: console
                ) { text in if json { console.remark(text) } else { try console.line(text) } }
                guard let validation = parts.validation else {
                    throw SwiftwaterError(
                        .invalidArgument, "there is no validation data",
                        remedy: "give --validation FILE, or a second weight to --split")
                }
                var points: [LearningCurve.Point] = []
                var last: SparkALSModel?
                for iterations in maxIterations.values.sorted() {
                    try await last?.delete()
                    let model = try await SparkALS(als.settings(iterations: iterations)).fit(parts.train)
                    guard let metrics = try await model.evaluate(on: validation) else {
                        throw SwiftwaterError(
                            .invalidArgument, "no row of the validation data has a user and an item of the training",
                            remedy: "use a random split")
                    }
                    console.endProgress()
                    points.append(.init(iterations: iterations, rmse: metrics.rmse))
                    last = model
                }
                try await show(LearningCurve(points: points), last, parts.test, console)
            }
        }

        private func show(
            _ curve: LearningCurve, _ model: SparkALSModel?, _ test: SparkRatings?, _ console: Console
        ) async throws {
            var found: (metrics: RatingMetrics, iterations: Int)?
            if let model, let test, let metrics = try await model.evaluate(on: test) {
                found = (metrics, curve.points.map(\.iterations).max() ?? 0)
            }
            console.endProgress()
            try finish(curve, als.settings(iterations: curve.best?.iterations ?? 1), test: found, console)
        }
    }
#endif
