import Foundation
import TestSupport
import Testing

/// The house keeps its own rules: rooms and what they import.
@Suite struct HouseTests {
    /// The rooms: each imports only rooms listed above it (docs/ARCHITECTURE.md).
    static let rooms = [
        "CSwiftwaterKernels", "CSwiftwaterSQL", "CSwiftwaterClients", "CZlib", "SwiftwaterPlatform", "SwiftwaterCore",
        "SwiftwaterStorage",
        "SwiftwaterFormats",
        "SwiftwaterStreaming", "SwiftwaterTesting", "SwiftwaterPosts", "SwiftwaterTrends", "SwiftwaterRecommender",
        "SwiftwaterPlots", "SwiftwaterLive", "SwiftwaterSQL", "SwiftwaterSamples", "SwiftwaterConnectors",
        "SwiftwaterSparkProtocol", "SwiftwaterSpark", "SwiftwaterServer", "Swiftwater", "SwiftwaterCommand",
    ]

    @Test func importsPointOneWay() throws {
        let sources = PackageSources.files("Sources", [".swift"])
        #expect(sources.count > 50)
        for file in sources {
            let room = String(file.split(separator: "/")[1])
            let level = try #require(Self.rooms.firstIndex(of: room), "\(room) is not in the list of rooms")
            for imported in try PackageSources.imports(file) where Self.rooms.contains(imported) {
                #expect(
                    Self.rooms.firstIndex(of: imported)! < level,
                    "\(file) imports \(imported), which is not listed above \(room)")
            }
        }
    }

    /// ARCHITECTURE lists the rooms that exist, in this order, and no others.
    @Test func theDocumentListsTheRooms() throws {
        let documented = try PackageSources.lines("docs/ARCHITECTURE.md").compactMap { line in
            line.firstMatch(of: /^\| `((?:C?Swiftwater|CZlib)\w*)` \|/).map { String($0.1) }
        }
        let existing = try FileManager.default.contentsOfDirectory(atPath: PackageFolder.root + "Sources")
        #expect(documented == Self.rooms)
        #expect(Set(existing) == Set(Self.rooms))
    }

    @Test func streamsAndRecommendationsDoNotKnowEachOther() throws {
        for file in PackageSources.files("Sources/SwiftwaterStreaming", [".swift"]) {
            #expect(!(try PackageSources.imports(file).contains("SwiftwaterRecommender")))
        }
        for file in PackageSources.files("Sources/SwiftwaterRecommender", [".swift"]) {
            #expect(!(try PackageSources.imports(file).contains("SwiftwaterStreaming")))
        }
    }

    /// The network belongs to the connectors, the client of a Spark cluster, and the server.
    @Test func onlySomeRoomsTouchTheNetwork() throws {
        let allowed = ["Sources/SwiftwaterConnectors/", "Sources/SwiftwaterSpark/", "Sources/SwiftwaterServer/"]
        let network = ["NIO", "GRPC", "AsyncHTTPClient"]
        for file in PackageSources.files("Sources", [".swift"])
        where try PackageSources.imports(file).contains(where: { name in network.contains { name.hasPrefix($0) } }) {
            #expect(allowed.contains { file.hasPrefix($0) }, "\(file)")
        }
    }

    /// Only one room asks which C library the platform has.
    @Test func onlyOneRoomAsksForThePlatform() throws {
        for file in PackageSources.files("Sources", [".swift"]) where !file.hasPrefix("Sources/SwiftwaterPlatform/") {
            for library in ["Glibc", "Musl", "Darwin"] {
                #expect(!(try PackageSources.content(file).contains("canImport(\(library))")), "\(file)")
                #expect(!(try PackageSources.imports(file).contains(library)), "\(file)")
            }
        }
    }

    /// Libraries do not know the command's options: they name settings, and the command adds the options.
    @Test func librariesDoNotMentionOptions() throws {
        for file in PackageSources.files("Sources", [".swift"]) where !file.hasPrefix("Sources/SwiftwaterCommand/") {
            for (number, line) in try PackageSources.lines(file).enumerated() {
                let isComment = line.drop { $0 == " " }.hasPrefix("//")
                #expect(isComment || line.firstMatch(of: /"[^"]*--[a-z]/) == nil, "\(file):\(number + 1): \(line)")
            }
        }
    }

    @Test func examplesFitAScreen() throws {
        for file in PackageSources.files("Examples", [".swift"]) where !file.hasPrefix("Examples/OutsidePackage/") {
            #expect(try PackageSources.lines(file).count < 60, "\(file)")
        }
    }

    /// The program in the README is the one that is built.
    @Test func theReadmeShowsTheClassicProgramAsItIsBuilt() throws {
        let example = try PackageSources.lines("Examples/HashtagTrends/HashtagTrends.swift")
        let lines = example.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        let body = lines.drop { !$0.hasPrefix("let context") }.prefix { $0 != "}" }
        let readme = try PackageSources.lines("README.md").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(body.count == 11)
        for line in body { #expect(readme.contains(line), "\(line)") }
    }

    /// A live server's connections are lost when they are silent for too long: their tests run by themselves.
    @Test func testsOfLiveServersRunByThemselves() throws {
        let line = try #require(try PackageSources.lines("Makefile").first { $0.hasPrefix("ALONE = ") })
        let names = line.dropFirst("ALONE = ".count).split(separator: "|")
        let files = try PackageSources.files("Tests", [".swift"]).filter {
            try PackageSources.imports($0).contains("LiveTestSupport")
        }
        #expect(files.count > 3)
        for file in files {
            let content = try PackageSources.content(file)
            #expect(
                names.contains { content.contains("struct \($0) {") || content.contains("func \($0)(") },
                "\(file): not in the Makefile's ALONE")
        }
    }
}
