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
                plan, or why a step cannot run there. Nothing is run. With --json as one of \
                the options, prints JSON.

                  swiftwater explain trends --source kafka://broker:9092/posts \\
                    --master sc://spark.example:15002
                  swiftwater explain train s3a://films/ratings.csv \\
                    --master sc://spark.example:15002
                """)

        @Argument(parsing: .captureForPassthrough, help: "The command, as it would be run.") var command: [String] = []

        /// A part of the work, and where it is done.
        private struct Step {
            let isOnCluster: Bool
            let what: String
        }

        /// What a command would do.
        private struct Explanation {
            var steps: [Step] = []
            var queries: [(what: String, sql: String)] = []
            var plan: String?

            mutating func cluster(_ what: String) { steps.append(Step(isOnCluster: true, what: what)) }
            mutating func here(_ what: String) { steps.append(Step(isOnCluster: false, what: what)) }

            var text: String {
                let lines = steps.map { Format.left($0.isOnCluster ? "cluster" : "here", 8) + $0.what + "\n" }
                let parts = queries.map { "\n-- \($0.what)\n\($0.sql)\n" }
                let plan = plan.map { plan in
                    "\n"
                        + plan.split(separator: "\n", omittingEmptySubsequences: false)
                        .map { TerminalText.safe(String($0)) + "\n" }.joined()
                }
                return lines.joined() + parts.joined() + (plan ?? "")
            }

            var json: String {
                JSONWriter.object { json in
                    json.member("steps", array: steps) { json, step in
                        json.object {
                            $0.member("place", step.isOnCluster ? "cluster" : "here")
                            $0.member("what", step.what)
                        }
                    }
                    json.member("queries", array: queries) { json, query in
                        json.object {
                            $0.member("what", query.what)
                            $0.member("sql", query.sql)
                        }
                    }
                    json.member("plan", plan)
                } + "\n"
            }
        }

        func run() async throws {
            // The parser leaves all words to the command that is explained; trends has --json as well.
            let command = command.filter { $0 != "--json" }
            guard let name = command.first, ["trends", "train", "tune"].contains(name) else {
                throw ValidationError("explain takes trends, train or tune, and the options of the command.")
            }
            let words = Array(command.dropFirst())
            let explanation =
                switch name {
                case "trends": try await explain(try TrendsCommand.parse(words))
                case "train": try explain(try TrainCommand.parse(words))
                default: try explain(try TuneCommand.parse(words))
                }
            try StandardStream.output.write(self.command == command ? explanation.text : explanation.json)
        }

        private func needMaster() -> ValidationError {
            ValidationError("explain needs --master sc://HOST:PORT: without it, every step runs here.")
        }

        // MARK: Trends

        private func explain(_ trends: TrendsCommand) async throws -> Explanation {
            guard trends.isOnCluster else { throw needMaster() }
            let job = try trends.sparkTrends()
            var explanation = Explanation()
            for query in job.queries { explanation.cluster(query.what) }
            explanation.here("the table on the terminal" + (trends.sink.isEmpty ? "" : ", and the sinks"))
            explanation.queries = job.queries.map { ($0.what, $0.sql) }
            let session = try await SparkSession(trends.master)
            do {
                explanation.plan = try await job.explanation(in: session)
                await session.close()
            } catch {
                await session.close()
                throw error
            }
            return explanation
        }

        // MARK: Recommendations

        private func explain(_ train: TrainCommand) throws -> Explanation {
            guard train.cluster.master != nil else { throw needMaster() }
            try SparkTraining.check(train.data, train.ratings, train.als, upload: train.cluster.upload)
            var explanation = Explanation()
            explain(
                train.data, train.cluster, try SparkALS(train.als.settings(iterations: train.maxIterations)),
                in: &explanation)
            if train.fitsAll, train.out != nil { explanation.cluster("the same once more, on all of the ratings") }
            explanation.here(
                train.out.map { "factors and training ratings are fetched, and the model written to \($0)" }
                    ?? "nothing is fetched: --out FILE writes the model")
            return explanation
        }

        private func explain(_ tune: TuneCommand) throws -> Explanation {
            guard tune.cluster.master != nil else { throw needMaster() }
            try SparkTraining.check(tune.data, tune.ratings, tune.als, upload: tune.cluster.upload)
            var explanation = Explanation()
            for iterations in tune.maxIterations.values.sorted() {
                explain(
                    tune.data, tune.cluster, try SparkALS(tune.als.settings(iterations: iterations)), in: &explanation)
            }
            explanation.here("the curve of RMSE")
            return explanation
        }

        private func explain(
            _ data: SplitOptions, _ cluster: ClusterOptions, _ als: SparkALS, in explanation: inout Explanation
        ) {
            for path in [data.file, data.train, data.validation, data.test].compactMap({ $0 }) {
                if cluster.upload {
                    explanation.here("read and upload \(path)")
                } else {
                    explanation.cluster("read \(path)")
                }
            }
            explanation.cluster("rows that are not ratings are left out; of repeated ones, the last counts")
            if data.train == nil { explanation.cluster("random split \(data.split.defaultValueDescription)") }
            explanation.cluster(als.description)
            explanation.cluster("RMSE of validation and test data")
        }
    }
#endif
