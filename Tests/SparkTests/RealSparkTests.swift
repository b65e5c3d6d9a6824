#if SparkConnect
    import Foundation
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSamples
    import SwiftwaterSpark
    import TestSupport
    import Testing

    /// Against a real Spark (`make integration-spark` installs and starts one).
    @Suite(.enabled(if: RealSpark.isThere, RealSpark.reason), .serialized)
    struct RealSparkTests {
        private func withSession(_ body: (SparkSession) async throws -> Void) async throws {
            let session = try await SparkSession(RealSpark.address)
            do { try await body(session) } catch {
                await session.close()
                throw error
            }
            await session.close()
        }

        @Test func valuesOfAllTypesComeBack() async throws {
            try await withSession { spark in
                let rows = try await spark.sql(
                    """
                    SELECT CAST(-1 AS TINYINT), 2S, 3, 4L, CAST(0.5 AS FLOAT), 0.25D, true, 'é', X'00FF', 12.34,
                        DATE'1970-01-03', TIMESTAMP'1970-01-01 00:00:01Z', array(1, NULL), named_struct('a', 1, 'b', 'x'),
                        map('k', 2), NULL
                    """
                ).rows()
                let expected: [SparkValue] = [
                    .integer(-1), .integer(2), .integer(3), .integer(4), .float(0.5), .double(0.25), .bool(true),
                    .text("é"), .bytes([0, 255]), .decimal(1234, scale: 2), .date(days: 2),
                    .timestamp(microseconds: 1_000_000), .list([.integer(1), .null]),
                ]
                #expect(Array(rows[0].values.prefix(13)) == expected)
                #expect("\(rows[0][13])".contains("x") && "\(rows[0][14])".contains("k"))
                #expect(rows[0][15] == .null)
            }
        }

        @Test func manyRowsComeOnceAndInOrder() async throws {
            try await withSession { spark in
                let count = Monitor((next: Int64(0), wrong: 0))
                try await spark.sql("SELECT id, repeat('x', 100) FROM range(300000)").forEachRow { row in
                    count.update { state in
                        if row[0].integer != state.next { state.wrong += 1 }
                        state.next += 1
                    }
                }
                #expect(count.read { $0.next } == 300_000 && count.read { $0.wrong } == 0)
            }
        }

        @Test func errorsAreSparksOwn() async throws {
            try await withSession { spark in
                for (query, code) in [
                    ("SELEC 1", SwiftwaterError.Code.invalidArgument), ("SELECT * FROM nothing_here", .notFound),
                ] {
                    let error = await #expect(throws: SwiftwaterError.self) { try await spark.sql(query).rows() }
                    #expect(error?.code == code, "\(query): \(error.map { "\($0)" } ?? "")")
                }
            }
            let port = try FreePort.choose()
            let error = await #expect(throws: SwiftwaterError.self) {
                try await SparkSession("sc://127.0.0.1:\(port)")
            }
            #expect(error?.code == .network && error?.message.contains("cannot be reached") == true)
        }

        /// Same ratings and split: the same RMSE, within what different initial factors do.
        @Test func trainingAgreesWithOurs() async throws {
            let ratings = try RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make().ratings
            let parts = try ratings.split(weights: [80, 20], seed: 7, by: .random)
            let settings = ALSSettings(rank: 10, maxIterations: 10)
            let ours = try ALS(settings).fit(parts[0]).evaluate(on: parts[1])
            try await withSession { spark in
                let train = try await SparkRatings(try await spark.upload(parts[0]))
                let test = try await SparkRatings(try await spark.upload(parts[1]))
                #expect(try await train.count() == parts[0].count)
                let model = try await SparkALS(settings).fit(train)
                let theirs = try #require(try await model.evaluate(on: test))
                #expect(abs(theirs.rmse - ours.rmse) < 0.005, "\(theirs.rmse) and \(ours.rmse)")
                #expect(theirs.evaluated == ours.evaluated && theirs.unknown == ours.unknown)

                // The fetched factors score as Spark's transform does.
                let fetched = try await model.fetch(train: train)
                let sizes = train.sizes
                #expect(fetched.userIDs.count == sizes.users && fetched.itemIDs.count == sizes.items)
                let predictions = try await model.predictions(for: test).rows()
                #expect(predictions.count == parts[1].count)
                var compared = 0
                for row in predictions.prefix(5000) {
                    guard let user = row["user"]?.integer, let item = row["item"]?.integer,
                        let score = row["prediction"]?.number, !score.isNaN
                    else { continue }
                    let own = try #require(fetched.predict(user: String(user), item: String(item)))
                    #expect(abs(Double(own) - score) < 1e-5)
                    compared += 1
                }
                #expect(compared > 4000)
            }
        }

        /// Ids with zeros in front, words and large numbers are ids of their own, and the last of repeated rows counts.
        @Test func idsAndDuplicatesFollowOurRules() async throws {
            let folder = try TemporaryDirectory()
            let path = folder.file("ratings.csv")
            var text = "userId,movieId,rating\n"
            for user in 0..<30 { for item in 0..<20 { text += "00\(user),f\(item),\(1 + (user + item) % 5)\n" } }
            text += "001,f1,5\n001,f1,1.5\n1,f1,4\n,f1,3\n2,f1,much\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try await withSession { spark in
                let ratings = try await SparkRatings(spark.csv(path))
                #expect(ratings.rowCount == 605 && ratings.malformedRows == 2)
                let sizes = ratings.sizes
                #expect(sizes.ratings == 601 && sizes.users == 31 && sizes.items == 20)
                let fetched = try await ratings.fetch()
                let here = try Ratings.read(path).ratings
                func rows(_ ratings: Ratings) -> [String] {
                    (0..<ratings.count).map { row in
                        "\(ratings.userIDs[Int(ratings.users[row])]) \(ratings.itemIDs[Int(ratings.items[row])]) "
                            + "\(ratings.values[row])"
                    }.sorted()
                }
                #expect(rows(fetched) == rows(here))
            }
        }

        /// One word among integers makes all ids of the column words.
        @Test func aWordAmongIntegersIsKept() async throws {
            let folder = try TemporaryDirectory()
            let path = try folder.write("ratings.csv", "userId,movieId,rating\n1,1,3\n7a,1,4\n2,2,5\n2,2,1\n")
            try await withSession { spark in
                let ratings = try await SparkRatings(spark.csv(path))
                #expect(ratings.sizes == .init(ratings: 3, users: 3, items: 2) && ratings.malformedRows == 0)
                let fetched = try await ratings.fetch()
                #expect(fetched.count == 3 && fetched.userIDs.index(of: "7a") != nil)
            }
        }

        @Test func whatSparkLacksIsRefused() {
            for settings in [
                ALSSettings(hasBiases: true), ALSSettings(tolerance: 0.1), ALSSettings(solver: .conjugateGradient),
            ] {
                let error = #expect(throws: SwiftwaterError.self) { try SparkALS(settings) }
                #expect(error?.code == .unsupported)
            }
        }
    }
#endif
