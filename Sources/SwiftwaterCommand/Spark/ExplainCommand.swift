#if SparkConnect
    import ArgumentParser
    import Swiftwater
    import SwiftwaterSpark

    struct ExplainCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Shows what a command would run on a Spark cluster.",
            usage: "swiftwater explain trends|train|tune <options> --master sc://<host:port>",
            discussion: """
                Prints which steps run on the cluster and which here, the SQL, and Spark's \
                plan, or why a step cannot run there. Nothing is run.

                  swiftwater explain trends --source kafka://broker:9092/posts \\
                    --master sc://spark.example:15002
                  swiftwater explain train s3a://films/ratings.csv \\
                    --master sc://spark.example:15002
                """)

        @Argument(parsing: .captureForPassthrough, help: "The command, as it would be run.") var command: [String] = []

        func run() async throws {
            guard let name = command.first, ["trends", "train", "tune"].contains(name) else {
                throw ValidationError("explain takes trends, train or tune, and the options of the command.")
            }
            let arguments = Array(command.dropFirst())
            switch name {
            case "trends": try await explain(try TrendsCommand.parse(arguments))
            case "train": try await explain(try TrainCommand.parse(arguments))
            default: try await explain(try TuneCommand.parse(arguments))
            }
        }

        private func step(_ place: String, _ text: String) throws {
            try StandardStream.output.write("\(Format.left(place, 8))\(text)\n")
        }

        private func needMaster() -> ValidationError {
            ValidationError("explain needs --master sc://HOST:PORT: without it, every step runs here.")
        }

        // MARK: Trends

        private func explain(_ trends: TrendsCommand) async throws {
            guard trends.isOnCluster else { throw needMaster() }
            let job = try trends.sparkTrends()
            for query in job.queries { try step("cluster", query.what) }
            try step("here", "the table on the terminal" + (trends.sink.isEmpty ? "" : ", and the sinks"))
            for query in job.queries { try StandardStream.output.write("\n-- \(query.what)\n\(query.sql)\n") }
            let session = try await SparkSession(trends.master)
            do {
                let plan = try await job.explanation(in: session)
                await session.close()
                let lines = plan.split(separator: "\n", omittingEmptySubsequences: false)
                let text = lines.map { TerminalText.safe(String($0)) }.joined(separator: "\n")
                try StandardStream.output.write("\n\(text)\n")
            } catch {
                await session.close()
                throw error
            }
        }

        // MARK: Recommendations

        private func explain(_ train: TrainCommand) async throws {
            guard let master = train.cluster.master else { throw needMaster() }
            try SparkTraining.check(train.data, train.ratings, train.als, upload: train.cluster.upload)
            try await explain(
                train.data, train.ratings, train.cluster, master,
                try SparkALS(train.als.settings(iterations: train.maxIterations)))
            if train.fitsAll, train.out != nil { try step("cluster", "the same once more, on all of the ratings") }
            try step(
                "here",
                train.out.map { "factors and training ratings are fetched, and the model written to \($0)" }
                    ?? "nothing is fetched: --out FILE writes the model")
        }

        private func explain(_ tune: TuneCommand) async throws {
            guard let master = tune.cluster.master else { throw needMaster() }
            try SparkTraining.check(tune.data, tune.ratings, tune.als, upload: tune.cluster.upload)
            for iterations in tune.maxIterations.values.sorted() {
                try await explain(
                    tune.data, tune.ratings, tune.cluster, master,
                    try SparkALS(tune.als.settings(iterations: iterations)))
            }
            try step("here", "the curve of RMSE")
        }

        private func explain(
            _ data: SplitOptions, _ options: RatingsOptions, _ cluster: ClusterOptions, _ master: String,
            _ als: SparkALS
        ) async throws {
            for path in [data.file, data.train, data.validation, data.test].compactMap({ $0 }) {
                try step(
                    cluster.upload ? "here" : "cluster", cluster.upload ? "read and upload \(path)" : "read \(path)")
            }
            try step("cluster", "rows that are not ratings are left out; of repeated ones, the last counts")
            if data.train == nil { try step("cluster", "random split \(data.split.defaultValueDescription)") }
            try step("cluster", als.description)
            try step("cluster", "RMSE of validation and test data")
        }
    }
#endif
