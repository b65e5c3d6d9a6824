#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension EvaluateCommand {
        /// Evaluates a model of the cluster on ratings there.
        func run(on master: String) async throws {
            let console = Console()
            try SparkTraining.check(ratings, upload: cluster.upload)
            let session = try await SparkTraining.session(master, console)
            try await SparkInterrupt.run(session, console) {
                let (model, train) = try await SparkALSModel.load(self.model, in: session)
                let isImplicit = model.settings.isImplicit
                try checkMeasure(isImplicit: isImplicit)
                let held = try await SparkTraining.read(file, session, ratings, cluster, console, numberedAs: train)
                let metrics = isImplicit ? nil : try await model.evaluate(on: held)
                if metrics == nil, !isImplicit {
                    throw SwiftwaterError(
                        .invalidArgument, "the model knows neither user nor item of any row of \(file)",
                        remedy: "evaluate on ratings of users and items that it was trained on")
                }
                var lists: RankingMetrics?
                if let ranking {
                    lists = try await model.evaluateRanking(
                        on: held, train: train, k: ranking, relevantFrom: relevantRating(isImplicit: isImplicit))
                }
                console.endProgress()
                try show(metrics, lists, console)
            }
        }
    }
#endif
