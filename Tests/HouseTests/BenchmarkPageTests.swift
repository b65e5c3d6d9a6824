import Foundation
import TestSupport
import Testing

/// The page of benchmarks is what its program makes of the values that one run measured.
@Suite struct BenchmarkPageTests {
    private static let python = "/usr/bin/python3"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python), "needs Python 3"))
    func thePageIsMadeFromTheValues() throws {
        let folder = try TemporaryDirectory()
        let root = PackageFolder.root
        let made = try Program.shell(
            """
            cd '\(root)' && PYTHONDONTWRITEBYTECODE=1 \(Self.python) Benchmarks/report/page.py Benchmarks/results.json \
            '\(folder.path)' && diff -r '\(folder.path)/benchmarks' docs/benchmarks && diff '\(folder.path)/BENCHMARKS.md' docs
            """)
        #expect(made.status == 0, "\(made.output.prefix(2000)) \(made.error); run make bench")
        let values = try Data(contentsOf: URL(filePath: root + "Benchmarks/results.json"))
        let document = try #require(JSONSerialization.jsonObject(with: values) as? [String: Any])
        #expect(document["quick"] as? Bool == false)
    }
}
