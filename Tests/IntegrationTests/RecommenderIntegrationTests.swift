import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct RecommenderIntegrationTests
{
    private let folder = try! TemporaryDirectory()

    private func generate() throws -> (ratings: String, movies: String) {
        let result = try Program.run(
            "generate", "ratings", "--preset", "100k", "--seed", "7", "--out", folder.file("data"))
        #expect(result.status == 0)
        #expect(result.output.contains("noise floor"))
        return (folder.file("data/ratings.csv"), folder.file("data/movies.csv"))
    }

    /// Runs the whole case study with the command: summary, train, evaluate, predict, recommend, similar, tune.
    @Test func theCaseStudyRuns() throws {
        let (ratings, movies) = try generate()
        let model = folder.file("films.model")
        let summary = try Program.run("ratings", "summary", ratings)
        #expect(
            summary.output.contains("ratings           100,000") && summary.output.contains("users             943"))
        let matrix = try Program.run("ratings", "matrix", ratings, "--movies", movies)
        #expect(matrix.status == 0 && matrix.output.contains("?"))
        let train = try Program.run("train", ratings, "--out", model, "--max-iterations", "5", "--movies", movies)
        #expect(train.status == 0, "\(train.error)")
        #expect(train.output.contains("validation: RMSE 0.8") && train.output.contains("test: RMSE 0.8"))
        // Two lists of five, under a title each.
        let titles = train.output.split(separator: "\n").drop { !$0.hasPrefix("For user ") }
        #expect(titles.dropFirst(6).first?.hasPrefix("Like ") == true, "\(train.output)")
        #expect(titles.dropFirst().prefix(5).allSatisfy { $0.contains(/\(\d{4}\) +\d\.\d\d/) })
        let evaluate = try Program.run("evaluate", "--model", model, ratings)
        #expect(evaluate.output.contains("RMSE"))
        let predictions = folder.file("predictions.csv")
        let pairs = try folder.write("pairs.csv", "movieId,userId,rating\n1,1,?\n99999999,1,\n1,1,4\n")
        let predict = try Program.run("predict", "--model", model, pairs, "--out", predictions)
        #expect(predict.status == 0, "\(predict.error)")
        let lines = try String(contentsOfFile: predictions, encoding: .utf8).split(separator: "\n")
        #expect(
            lines.count == 4 && lines[3] == lines[1] && lines[0] == "userId,movieId,prediction"
                && lines[2] == "1,99999999,")
        let user = try Program.run("recommend", "--model", model, "--user", "42", "--movies", movies)
        #expect(user.output.split(separator: "\n").count == 11 && user.output.contains("rated ones left out"))
        let all = try Program.run("recommend", "--model", model, "--for-users", "10")
        #expect(all.output.split(separator: "\n").count == 943 * 10 + 1)
        let items = try Program.run(
            "recommend", "--model", model, "--for-items", "10", "--out", folder.file("items.csv"))
        #expect(items.status == 0)
        #expect(
            try String(contentsOfFile: folder.file("items.csv"), encoding: .utf8).hasPrefix(
                "movieId,rank,userId,score,source\n"))
        let item = try String(contentsOfFile: folder.file("items.csv"), encoding: .utf8).split(separator: "\n")[1]
            .prefix { $0 != "," }
        let similar = try Program.run("similar", "--model", model, "--item", String(item))
        #expect(similar.status == 0)
        let tune = try Program.run("tune", ratings, "--max-iterations", "1,3,5,7", "--plot", folder.file("rmse.svg"))
        #expect(
            tune.output.contains(", within 1%") != tune.output.contains("the best: RMSE") && tune.output.contains("●"))
        #expect(try String(contentsOfFile: folder.file("rmse.svg"), encoding: .utf8).hasPrefix("<svg"))
    }

    /// Goes beyond the case study: evaluated lists, explanations, lists for new users, allowed and denied items,
    /// factors, grids.
    @Test func whatIsRecommendedCanBeAskedAbout() throws {
        let (ratings, movies) = try generate()
        let model = folder.file("films.model")
        let train = try Program.run("train", ratings, "--split", "80,0,20", "--split-by", "user", "--out", model)
        #expect(train.status == 0 && train.output.contains("for each user, with seed 42"), "\(train.error)")
        let lists = try Program.run("evaluate", "--model", model, ratings, "--ranking", "10", "--json")
        #expect(lists.output.contains("\"ranking\":{\"k\":10,") && lists.output.contains("\"ndcg\":0."))
        let because = try Program.run(
            "recommend", "--model", model, "--user", "42", "--for-users", "2", "--movies", movies, "--because")
        #expect(because.output.split(separator: "\n").count == 9 && because.output.contains("adds 0."))
        let newcomer = try Program.run("recommend", "--model", model, "--user", "nobody")
        #expect(newcomer.status == 0 && newcomer.output.contains("unknown to the model: most-rated items"))
        let rows = folder.file("one.ndjson")
        func items(_ more: String...) throws -> [String] {
            let result = try Program(
                [
                    "recommend", "--model", model, "--user", "42", "--for-users", "3", "--format", "ndjson", "--out",
                    rows,
                ] + more
            ).wait()
            #expect(result.status == 0, "\(result.error)")
            return try String(contentsOfFile: rows, encoding: .utf8).split(separator: "\n").map { line in
                let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
                #expect(row["user"] as? String == "42" && row["source"] as? String == "model")
                return row["item"] as! String
            }
        }
        let best = try items()
        let listed = try folder.write("listed", best.dropFirst().joined(separator: "\r\n") + "\nnot-an-item\n")
        let others = Set(try items("--deny", listed))
        #expect(best.count == 3 && others.intersection(best) == [best[0]])
        #expect(try items("--allow", listed) == Array(best.dropFirst()))
        #expect(try Program.run("similar", "--model", model, "--user", "42").output.split(separator: "\n").count == 11)
        let factors = try Program.run("factors", "--model", model, "--movies", movies)
        #expect(factors.output.contains("factor 10") && factors.output.contains("more  "))
        let grid = try Program.run(
            "tune", ratings, "--ranks", "4,8", "--regularizations", "0.1,0.3", "--folds", "2", "--plot",
            folder.file("grid.svg"))
        #expect(
            grid.status == 0 && grid.output.contains("best\n") && grid.output.contains("best model on test data: RMSE"))
        #expect(try Program.run("tune", ratings, "--folds", "1").status == 64)
    }

    /// Interrupted training resumes with the same command and gives the same model; other settings are rejected.
    @Test func trainingGoesOnFromItsCheckpoint() throws {
        let (ratings, _) = try generate()
        func train(_ iterations: Int, _ more: String...) throws -> Program.Result {
            try Program(["train", ratings, "--max-iterations", "\(iterations)"] + more).wait()
        }
        let part = folder.file("part")
        #expect(try train(3, "--checkpoint", part).status == 0)
        let resumed = try train(7, "--checkpoint", part, "--out", folder.file("a"))
        #expect(resumed.output.contains("continuing after 3 iterations") && resumed.output.contains("4 iterations in"))
        #expect(try train(7, "--out", folder.file("b")).status == 0)
        #expect(try folder.bytes("a") == folder.bytes("b"))
        let again = try train(7, "--checkpoint", part)
        #expect(again.status == 0 && again.output.contains("continuing after 7 iterations"))
        let other = try train(9, "--checkpoint", part, "--rank", "11")
        #expect(other.status == 64 && other.error.contains("other ratings or other settings"))
    }

    @Test func givenPartsAndThreadsMakeTheSameModel() throws {
        let (ratings, _) = try generate()
        let result = try Program.shell(
            """
            cd \(folder.path) && awk 'NR==1 || NR%5<3' \(ratings) > a.csv && awk 'NR==1 || NR%5==3' \(ratings) > b.csv && \
            awk 'NR==1 || NR%5==4' \(ratings) > c.csv && for n in 1 2; do $SWIFTWATER train --train a.csv --validation b.csv --test c.csv \
            --threads $n --out m$n || exit 1; done && cmp m1 m2
            """)
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("given: "))
    }

    @Test func neighborsOfTheTextbook() throws {
        let result = try Program.run("neighbors", "--by", "users", "--similarity", "cosine")
        #expect(result.status == 0)
        #expect(result.output.contains("User_1         8          1    (6.51)"))
        let (ratings, _) = try generate()
        let split = try Program.run(
            "neighbors", ratings, "--by", "items", "--similarity", "pearson", "--split", "80,0,20")
        #expect(split.output.contains("items, pearson, k = 20: RMSE 0."))
    }

    // MARK: Bad input

    @Test func badFilesAreNamedWithTheirCause() throws {
        func train(_ content: String, _ more: String...) throws -> Program.Result {
            try Program(["train", try folder.write("r.csv", content), "--split", "100"] + more).wait()
        }
        let missing = try Program.run("train", "/no/such.csv")
        #expect(missing.status == 66 && missing.error.contains("/no/such.csv: No such file"))
        let empty = try train("")
        #expect(empty.status == 65 && empty.error.contains("r.csv: the file is empty; give a CSV file"))
        let header = try train("a,b\n1,2\n")
        #expect(header.status == 65 && header.error.contains("r.csv:1: the header has no column 'userId'"))
        let strict = try train("userId,movieId,rating\n1,2,3\n1,3,NaN\n", "--strict")
        #expect(
            strict.status == 65 && strict.error.contains("r.csv:3, column 'rating': the rating 'NaN' is not finite"))
        let lenient = try train("userId,movieId,rating\n1,2,3\n1,3,x\n1\n1,2,4\n2,2,2\n")
        #expect(lenient.status == 0)
        #expect(lenient.error.contains("2 of 5 rows were malformed") && lenient.error.contains("r.csv:3"))
        #expect(lenient.error.contains("1 rows repeat a user-item pair; the last of each counts"))
        let integers = try train("userId,movieId,rating\nbob,2,3\n1,2,3\n", "--integer-ids", "--strict")
        #expect(integers.status == 65 && integers.error.contains("'bob' is not a 64-bit integer"))
        let headerOnly = try train("userId,movieId,rating\n")
        #expect(headerOnly.status == 65 && headerOnly.error.contains("a header but no rows"))
        let nothing = try train("userId,movieId,rating\nx\n")
        #expect(nothing.status == 65 && nothing.error.contains("the file has no usable rows"))
        let model = try Program.run("evaluate", "--model", try folder.write("m", "no model"), "x.csv")
        #expect(model.status == 65 && model.error.contains("this is not a model file"))
        let usage = try Program.run("train")
        #expect(usage.status == 64 && usage.error.contains("Give either FILE"))
    }

    /// If the reader closes the pipe, the command ends without a word, and the exit code is 141.
    @Test func aBrokenPipeIsSilent() throws {
        let (ratings, _) = try generate()
        let model = folder.file("m")
        #expect(try Program.run("train", ratings, "--out", model, "--max-iterations", "1").status == 0)
        let result = try Program.shell(
            "$SWIFTWATER recommend --model \(model) --for-users 10 | head -1; exit ${PIPESTATUS[0]}")
        #expect(result.status == 141)
        #expect(result.error.isEmpty, "\(result.error)")
    }

    /// If there is no room for the new model, the old one stays intact.
    @Test func aFullDiskKeepsTheOldModel() throws {
        let (ratings, _) = try generate()
        let model = folder.file("m")
        #expect(try Program.run("train", ratings, "--out", model, "--max-iterations", "1").status == 0)
        let before = try Data(contentsOf: URL(filePath: model))
        let result = try Program.shell(
            "ulimit -f 100; $SWIFTWATER train \(ratings) --rank 20 --max-iterations 1 --out \(model)")
        #expect(result.status == 74, "\(result.error)")
        #expect(result.error.contains("cannot write") && result.error.contains("what was there before is unchanged"))
        #expect(try Data(contentsOf: URL(filePath: model)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["data", "m"])
    }

    @Test func helpReadsWellAndTheDemoEnds() throws {
        let help = try Program.run("--help")
        #expect(help.status == 0)
        for command in ["demo", "relay", "trends", "train", "tune", "recommend", "neighbors"] {
            #expect(help.output.contains("  " + command))
        }
        let demo = try Program.run("demo", "--windows", "2")
        #expect(demo.status == 0, "\(demo.error)")
        #expect(demo.output.contains("#weekend") && demo.output.contains("Top 10 films for user 42"))
        #expect(!demo.output.contains("\u{1B}"))
    }
}
