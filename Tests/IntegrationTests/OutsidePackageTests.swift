import Foundation
import TestSupport
import Testing

/// A package outside this one, with `import Swiftwater` alone. `make test` builds it before the tests, since a build
/// uses every core.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct OutsidePackageTests {
    private static let program = PackageFolder.root + ".build-outside/debug/OutsidePackage"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: program), "built by `make test`"))
    func theProgramRuns() throws {
        let result = try Program(executable: URL(filePath: Self.program), []).wait()
        #expect(result.status == 0, "\(result.error)")
        for part in ["(#snow,2)", "(#lakes,1)", "custom: 3 rows", "ALS: RMSE", "live: 5 items by"] {
            #expect(result.output.contains(part), "\(part) in \(result.output) \(result.error)")
        }
    }
}
