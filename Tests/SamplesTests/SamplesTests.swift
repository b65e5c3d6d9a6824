import SwiftwaterCore
import SwiftwaterPosts
import SwiftwaterRecommender
import SwiftwaterSamples
import Testing

@Suite struct SamplesTests {
    @Test func ratingsHaveTheirShape() throws {
        let made = try RatingsGenerator(.init(preset: .hundredThousand, seed: 7)).make()
        let (ratings, report, catalogue) = (made.ratings, made.report, made.catalogue)
        #expect(ratings.count == 100_000 && report.ratings == 100_000)
        #expect(ratings.userIDs.count == 943)
        #expect(catalogue.count == 1682)
        #expect(ratings.removingDuplicates().removed == 0)
        #expect(ratings.values.allSatisfy { $0 >= 0.5 && $0 <= 5 && ($0 * 2).rounded() == $0 * 2 })
        var perUser = [Int](repeating: 0, count: 943)
        for user in ratings.users { perUser[Int(user)] += 1 }
        #expect(perUser.allSatisfy { $0 >= 20 })
        #expect((0.6...0.85).contains(report.noiseFloor) && (0.9...1.15).contains(report.deviation))
        #expect(try RatingsGenerator(.init(preset: .hundredThousand, seed: 7)).make().ratings == ratings)
        #expect(try RatingsGenerator(.init(preset: .hundredThousand, seed: 8)).make().ratings != ratings)
    }

    @Test func impossibleShapesAreRefused() {
        var settings = RatingsGenerator.Settings()
        settings.ratings = 10_000_000
        #expect(throws: SwiftwaterError.self) { try RatingsGenerator(settings) }
    }

    @Test func postsAreDeterministicAndSurge() throws {
        var settings = PostGenerator.Settings()
        settings.count = 5000
        settings.surges = [.init(tag: "surge", posts: 2000..<3000, share: 0.5)]
        let posts = Array(PostGenerator(settings))
        #expect(posts.count == 5000)
        #expect(posts == Array(PostGenerator(settings)))
        func surging(_ range: Range<Int>) -> Int { range.count { posts[$0].text.lowercased().contains("#surge") } }
        #expect(surging(0..<2000) == 0 && surging(3000..<5000) == 0)
        #expect((400...600).contains(surging(2000..<3000)))
        #expect(posts.allSatisfy { !$0.text.contains("\n") && !$0.text.isEmpty })
    }

    @Test func theJSONFormReadsBack() throws {
        var settings = PostGenerator.Settings()
        settings.count = 500
        for post in PostGenerator(settings) {
            guard case .post(let read) = try PostParser().parse(Text(PostGenerator.twitterLine(post))).first else {
                Issue.record("no post")
                return
            }
            #expect(read == post)
        }
        #expect(Array(PostGenerator(settings))[0].createdAt == "Mon Sep 21 14:13:20 +0000 2026")
    }
}
