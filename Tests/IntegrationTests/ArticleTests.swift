import Foundation
import TestSupport
import Testing

/// The programs in the articles of the documentation are accepted by the compiler as they stand.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct ArticleTests {
    private static let folder = PackageFolder.root + "docs/Swiftwater.docc/"

    @Test func thereIsAnArticleForEachTopic() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
        let root = try String(contentsOfFile: Self.folder + "Swiftwater.md", encoding: .utf8)
        #expect(names.count == 8)
        for name in names where name != "Swiftwater.md" {
            #expect(root.contains("<doc:\(name.dropLast(3))>"), "\(name) is not listed")
        }
    }

    @Test(arguments: [
        "TrendingHashtags", "LiveRecommendations", "ASourceOfYourOwn", "ASinkOfYourOwn", "Recovery",
        "EvaluatingARecommender", "MovingToACluster",
    ])
    func programsCompile(article: String) throws {
        let text = try String(contentsOfFile: Self.folder + article + ".md", encoding: .utf8)
        let programs = text.components(separatedBy: "```swift\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(!programs.isEmpty)
        let folder = try TemporaryDirectory()
        for program in programs {
            let file = try folder.write("main.swift", program)
            let result = try Program(
                executable: URL(filePath: "/usr/bin/env"),
                ["swiftc", "-typecheck", "-swift-version", "6", "-target", BuiltModules.triple, "-warnings-as-errors"]
                    + BuiltModules.compilerOptions() + [file]
            ).wait()
            #expect(result.status == 0, "\(result.error)")
        }
    }
}
