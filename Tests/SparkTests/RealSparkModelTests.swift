#if SparkConnect
    import Foundation
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSamples
    import SwiftwaterSpark
    import TestSupport
    import Testing

    /// What a saved model of a real Spark recommends and how it is evaluated is what the fetched one does here.
    @Suite(.enabled(if: RealSpark.isThere, RealSpark.reason), .serialized)
    struct RealSparkModelTests {
        private let folder = try! TemporaryDirectory()

        /// Writes generated ratings in two files of the same users and items, and returns their paths.
        private func files(hasWords: Bool) throws -> (train: String, test: String) {
            let ratings = try RatingsGenerator(.init(preset: .hundredThousand, seed: 5)).make().ratings
            var parts = ["userId,movieId,rating\n", "userId,movieId,rating\n"]
            for row in 0..<ratings.count {
                let (user, item) = (
                    ratings.userIDs[Int(ratings.users[row])], ratings.itemIDs[Int(ratings.items[row])]
                )
                let ids = hasWords ? "u-\(user),'\(item)" : "\(user),\(item)"
                parts[row % 10 == 0 ? 1 : 0] += "\(ids),\(ratings.values[row])\n"
            }
            // Users and items that the training does not have.
            parts[1] += hasWords ? "nobody,'1,3\nu-1,nothing,4\n" : "900001,1,3\n1,900001,4\n7a,1,2\n"
            return (try folder.write("train.csv", parts[0]), try folder.write("test.csv", parts[1]))
        }

        private func run(_ arguments: [String]) throws -> Program.Result {
            let result = try Program(arguments).wait()
            try #require(result.status == 0, "\(arguments): \(result.error)")
            return result
        }

        /// The items and scores of each user's list, by rank.
        private func lists(_ csv: String) -> [String: [(id: String, score: Double)]] {
            var lists: [String: [(String, Double)]] = [:]
            for line in csv.split(separator: "\n").dropFirst() {
                let cells = line.split(separator: ",").map(String.init)
                lists[cells[0], default: []].append((cells[2], Double(cells[3]) ?? .nan))
                #expect(lists[cells[0]]?.count == Int(cells[1]))
            }
            return lists
        }

        @Test(arguments: [false, true]) func savedModelsAnswerAsHere(hasWords: Bool) throws {
            let (train, test) = try files(hasWords: hasWords)
            let (saved, file) = (folder.file("als"), folder.file("films.model"))
            let trained = try run([
                "train", "--train", train, "--test", test, "--out", file, "--cluster-model", saved,
                "--max-iterations", "3", "--master", RealSpark.address,
            ])
            let here = ["--model", file]
            let there = ["--model", saved, "--master", RealSpark.address]
            let evaluation = try run(["evaluate", test, "--ranking", "10"] + there).output
            #expect(try evaluation == run(["evaluate", test, "--ranking", "10"] + here).output)
            // The training's own figures for the test file are the same.
            let rmse = try #require(evaluation.split(separator: "\n").first?.dropFirst(test.count))
            #expect(trained.output.contains(rmse), "\(trained.output)")
            for options in [
                ["--for-users", "10"], ["--for-items", "7"], ["--for-users", "5", "--include-seen"],
            ] {
                let (a, b) = (
                    lists(try run(["recommend"] + options + there).output),
                    lists(try run(["recommend"] + options + here).output)
                )
                #expect(a.count == b.count && a.count > 900)
                for (own, list) in a {
                    let other = try #require(b[own])
                    // Items with the same score, to its last digits, may change places.
                    #expect(list.count == other.count)
                    #expect(zip(list, other).allSatisfy { abs($0.score - $1.score) < 1e-5 }, "\(own)")
                    let same = zip(list, other).count { $0.id == $1.id }
                    #expect(same >= list.count - 2, "\(own)")
                }
            }
            let user = hasWords ? "u-1" : "1"
            let rows = try String(contentsOfFile: train, encoding: .utf8).split(separator: "\n")
            let item = String(rows[1].split(separator: ",")[1])
            for options in [["--user", user], ["--user", "o'neill"], ["--item", item]] {
                #expect(try run(["recommend"] + options + there).output == run(["recommend"] + options + here).output)
            }
            let written = folder.file("top")
            _ = try run(["recommend", "--for-users", "3", "--cluster-out", written] + there)
            let parts = try FileManager.default.contentsOfDirectory(atPath: written).filter { $0.hasSuffix(".csv") }
            #expect(!parts.isEmpty)
            try FileManager.default.removeItem(atPath: saved + "/about")
            let gone = try Program(["recommend", "--for-users", "1"] + there).wait()
            #expect(gone.status == 66 && gone.error.contains("no saved model"), "\(gone.error)")
        }

        @Test func summariesAreThoseOfHere() throws {
            let (train, _) = try files(hasWords: false)
            let master = ["--master", RealSpark.address]
            for command in [
                ["ratings", "summary", train], ["ratings", "summary", train, "--json"],
                ["ratings", "matrix", train, "--most-rated", "--users", "3", "--items", "4"],
            ] {
                #expect(try run(command + master).output == run(command).output)
            }
            let first = try run(["ratings", "matrix", train, "--users", "2", "--items", "2"] + master)
            #expect(first.output.split(separator: "\n").count == 3)
            let uploaded = try run(["ratings", "summary", train, "--upload"] + master)
            #expect(try uploaded.output == run(["ratings", "summary", train]).output)
        }

        /// Ratings of other files have the numbers of the training, also where their ids sort otherwise.
        @Test func otherFilesFollowTheTraining() async throws {
            let (train, test) = try files(hasWords: true)
            let session = try await SparkSession(RealSpark.address)
            let first = try await SparkRatings(session.csv(train))
            let second = try await SparkRatings(session.csv(test), numberedAs: first)
            let model = try await SparkALS(.init(rank: 4, maxIterations: 1)).fit(first)
            let metrics = try #require(try await model.evaluate(on: second))
            let own = try Ratings.read(test).ratings
            #expect(metrics.evaluated + metrics.unknown == own.count && metrics.unknown == 2)
            let fetched = try await model.fetch(train: first)
            let here = try fetched.evaluate(on: own)
            #expect(abs(metrics.rmse - here.rmse) < 1e-5)
            await session.close()
        }
    }
#endif
