import Foundation
import TestSupport
import Testing

/// Programs as people write them are checked by the compiler at once, each chain in one expression.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct ChainsTests {
    /// The limit for each program.
    private static let milliseconds = 1000.0

    @Test func eachProgramIsCheckedWithinBounds() throws {
        let programs = PackageFolder.root + "Tests/Fixtures/Chains/"
        let files = try FileManager.default.contentsOfDirectory(atPath: programs).sorted().map { programs + $0 }
        let result = try Program(
            executable: URL(filePath: "/usr/bin/env"),
            [
                "swiftc", "-typecheck", "-swift-version", "6", "-target", BuiltModules.triple, "-Xfrontend",
                "-debug-time-function-bodies",
            ] + BuiltModules.compilerOptions() + files
        ).wait()
        #expect(result.status == 0, "\(result.error)")
        // Lines such as "12.34ms   FILE:5:6   global function main.(file).wordCount".
        let times = (result.output + result.error).split(separator: "\n").compactMap { line -> (Double, String)? in
            let fields = line.split(separator: "\t")
            guard fields.count == 3, fields[0].hasSuffix("ms"), let time = Double(fields[0].dropLast(2)) else {
                return nil
            }
            return fields[2].hasPrefix("global function") ? (time, "\(fields[1])") : nil
        }
        #expect(times.count >= 50, "\(result.output)\(result.error)")
        for (time, place) in times where time >= Self.milliseconds {
            Issue.record("\(place) takes \(time) ms to check")
        }
    }
}
