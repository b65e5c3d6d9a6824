import Foundation
import TestSupport
import Testing

/// The image is built with known versions of all packages.
@Suite struct PinnedVersionsTests {
    private struct Resolved: Decodable {
        struct Pin: Decodable {
            struct State: Decodable { let revision: String, version: String }
            let identity: String
            let location: String
            let state: State
        }
        let pins: [Pin]
    }

    /// The list is complete, and `pin.sh` makes of it what the package manager reads.
    @Test func everyPackageHasACommit() throws {
        let folder = try TemporaryDirectory()
        let copied = try Program.shell(
            "cp -r '\(PackageFolder.root)Deploy' '\(folder.path)' && '\(folder.file("Deploy/pin.sh"))' apply")
        try #require(copied.status == 0, "\(copied.error)")
        func read(_ path: String) throws -> Resolved {
            try JSONDecoder().decode(Resolved.self, from: Data(contentsOf: URL(filePath: path)))
        }
        let pinned = try read(folder.file("Package.resolved")).pins
        for pin in pinned {
            #expect(pin.state.revision.wholeMatch(of: /[0-9a-f]{40}/) != nil, "\(pin.identity)")
            #expect(pin.location.hasPrefix("https://github.com/"), "\(pin.location)")
            #expect(pin.state.version.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+.*/) != nil, "\(pin.identity)")
        }
        // A build of this package resolves the same packages, perhaps in later versions.
        let own = PackageFolder.root + "Package.resolved"
        guard FileManager.default.fileExists(atPath: own) else { return #expect(pinned.count > 20) }
        let names = try read(own).pins.map(\.identity)
        #expect(pinned.map(\.identity).sorted() == names.sorted(), "run Deploy/pin.sh write")
    }
}
