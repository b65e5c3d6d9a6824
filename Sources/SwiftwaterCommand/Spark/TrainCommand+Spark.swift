#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension TrainCommand {
        /// Trains on a Spark cluster, and fetches the model.
        func run(on master: String) async throws {
            let console = Console()
            var wanted = als.settings(iterations: maxIterations)
            wanted.tolerance = tolerance
            let settings = wanted
            let estimator = try SparkALS(settings)
            try SparkTraining.check(data, ratings, als, upload: cluster.upload)
            if checkpoint != nil {
                throw SwiftwaterError(
                    .unsupported, "--checkpoint does not work on a Spark cluster",
                    remedy: "leave it out: Spark repeats what an executor loses by itself")
            }
            if movies.movies != nil {
                throw SwiftwaterError(
                    .unsupported, "--movies does not work on a Spark cluster",
                    remedy: "give it to recommend, with the model that --out saves")
            }
            let session = try await SparkTraining.session(master, console)
            try await SparkInterrupt.run(session, console) {
                let parts = try await SparkTraining(
                    session, data, ratings, cluster, seed: als.seed, console: console, announce: console.line)
                let clock = SystemClock()
                let begin = clock.elapsed()
                let model = try await estimator.fit(parts.train)
                console.endProgress()
                try console.line(
                    "trained rank \(settings.rank), \(maxIterations) iterations on Spark \(session.version) "
                        + "in \(Format.seconds(clock.elapsed() - begin))")
                try await evaluate(model, parts, settings, console)
                let hasParts = parts.validation != nil || parts.test != nil
                guard out != nil || clusterModel != nil, fitsAll, hasParts, let all = parts.all else {
                    return try await save(model, trainedOn: parts.train, console)
                }
                try console.line("for the model that is saved, training again on all ratings")
                let last = try await estimator.fit(all)
                console.endProgress()
                try await save(last, trainedOn: all, console)
            }
        }

        private func evaluate(
            _ model: SparkALSModel, _ parts: SparkTraining, _ settings: ALSSettings, _ console: Console
        ) async throws {
            if settings.isImplicit {
                try console.line(
                    "implicit feedback: predictions are preferences, so there is no RMSE against ratings")
            } else {
                for (name, part) in [("validation", parts.validation), ("test", parts.test)] {
                    guard let part else { continue }
                    let metrics = try await model.evaluate(on: part)
                    console.endProgress()
                    if let metrics {
                        try console.line(EvaluateCommand.describe(metrics, on: name))
                    } else {
                        console.remark("\(name): no RMSE, since no row has a user and an item of the training data")
                    }
                }
            }
        }

        private func save(_ model: SparkALSModel, trainedOn ratings: SparkRatings, _ console: Console) async throws {
            if let clusterModel {
                try await model.save(to: clusterModel, train: ratings)
                console.endProgress()
                try console.line("model saved on the cluster in \(clusterModel)")
            }
            guard let out else {
                if clusterModel == nil { try console.line("the model was not saved; --out FILE saves it") }
                return
            }
            let clock = SystemClock()
            var begin = clock.elapsed()
            let fetched = try await model.fetch(train: ratings) { what, rows in
                console.endProgress()
                let end = clock.elapsed()
                try console.line("fetched the \(what), \(Format.count(rows, "row")), in \(Format.seconds(end - begin))")
                begin = end
            }
            try ModelFile.write(fetched, to: out)
            try console.line("model written to \(out)")
        }
    }
#endif
