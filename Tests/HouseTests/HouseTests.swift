import Foundation
import TestSupport
import Testing

/// The house keeps its own rules.
@Suite struct HouseTests {
    /// The rooms from the ground up: each imports only rooms before it (docs/ARCHITECTURE.md).
    static let rooms = [
        "CSwiftwaterKernels", "CZlib", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats",
        "SwiftwaterStreaming", "SwiftwaterTesting",
        "SwiftwaterPosts", "SwiftwaterTrends", "SwiftwaterRecommender", "SwiftwaterLive", "SwiftwaterSQL",
        "SwiftwaterSamples",
        "SwiftwaterConnectors", "SwiftwaterSpark", "SwiftwaterServer", "Swiftwater", "SwiftwaterCommand",
    ]

    private func files(_ folder: String, _ endings: [String]) -> [String] {
        let root = PackageFolder.root + folder
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return all.filter { name in endings.contains { name.hasSuffix($0) } }.map { folder + "/" + $0 }.sorted()
    }

    private func content(_ path: String) throws -> String {
        try String(contentsOfFile: PackageFolder.root + path, encoding: .utf8)
    }

    private func imports(_ path: String) throws -> [String] {
        try content(path).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position < 2, position + 1 < words.count else {
                return nil
            }
            return String(words[position + 1])
        }
    }

    @Test func importsPointOneWay() throws {
        let sources = files("Sources", [".swift"])
        #expect(sources.count > 50)
        for file in sources {
            let room = String(file.split(separator: "/")[1])
            let level = try #require(Self.rooms.firstIndex(of: room), "\(room) is no room of the list")
            for imported in try imports(file) where Self.rooms.contains(imported) {
                #expect(
                    Self.rooms.firstIndex(of: imported)! < level,
                    "\(file) imports \(imported), which is not below \(room)")
            }
        }
    }

    @Test func streamsAndRecommendationsDoNotKnowEachOther() throws {
        for file in files("Sources/SwiftwaterStreaming", [".swift"]) {
            #expect(!(try imports(file).contains("SwiftwaterRecommender")))
        }
        for file in files("Sources/SwiftwaterRecommender", [".swift"]) {
            #expect(!(try imports(file).contains("SwiftwaterStreaming")))
        }
    }

    /// The network belongs to the connectors, the server, Spark, and the socket text source.
    @Test func onlySomeRoomsTouchTheNetwork() throws {
        let allowed = ["Sources/SwiftwaterConnectors/", "Sources/SwiftwaterServer/", "Sources/SwiftwaterSpark/"]
        for file in files("Sources", [".swift"]) where try imports(file).contains(where: { $0.hasPrefix("NIO") }) {
            #expect(allowed.contains { file.hasPrefix($0) } || file.hasSuffix("SocketTextSource.swift"), "\(file)")
        }
    }

    @Test func filesAreShortAndNamedWell() throws {
        for file in files("Sources", [".swift", ".c", ".h"]) + files("Tests", [".swift"])
            + files("Examples", [".swift"])
        {
            #expect(try content(file).split(separator: "\n", omittingEmptySubsequences: false).count <= 500, "\(file)")
            let name = file.split(separator: "/").last!
            for word in ["Utils", "Helpers", "Manager", " "] { #expect(!name.contains(word), "\(file)") }
        }
    }

    @Test func examplesFitAScreen() throws {
        for file in files("Examples", [".swift"]) {
            #expect(try content(file).split(separator: "\n", omittingEmptySubsequences: false).count < 60, "\(file)")
        }
    }

    /// The program in the README is the one that is built.
    @Test func theReadmeShowsTheClassicProgramAsItIsBuilt() throws {
        let example = try content("Examples/HashtagTrends/HashtagTrends.swift")
        let lines = example.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let body = lines.drop { !$0.hasPrefix("let context") }.prefix { $0 != "}" }
        let readme = try content("README.md").split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(body.count == 11)
        for line in body { #expect(readme.contains(line), "\(line)") }
    }
}
