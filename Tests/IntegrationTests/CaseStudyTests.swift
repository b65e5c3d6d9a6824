import Foundation
import TestSupport
import Testing

/// The commands of the case studies' pages print what the pages say. Counts are the same; decimal fractions may differ a
/// little, since other processors add in another order.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct CaseStudyTests {
    private static let tolerance = 0.01

    /// The blocks of commands, with the output that follows them.
    private static func steps(of page: String) throws -> [(commands: String, output: String)] {
        let text = try String(contentsOfFile: PackageFolder.root + "docs/\(page).md", encoding: .utf8)
        return text.components(separatedBy: "```sh\n").dropFirst().map { block in
            let parts = block.components(separatedBy: "```")
            let follows = parts.count > 2 && parts[1] == "\n\n" && parts[2].hasPrefix("text\n")
            return (parts[0], follows ? String(parts[2].dropFirst(5)) : "")
        }
    }

    private static func words(_ text: String) -> [[Substring]] {
        text.split(separator: "\n").map { line in
            line.split { $0 == " " || $0 == "," || $0 == ":" && !line.contains("/") }.map { $0 }
        }
    }

    private static func isSame(_ one: Substring, _ other: Substring) -> Bool {
        if one == other { return true }
        guard one.contains("."), other.contains("."), let first = Double(one), let second = Double(other) else {
            return false
        }
        return abs(first - second) <= tolerance * max(1, abs(second))
    }

    @Test(arguments: ["case-study-trends", "case-study-recommendations"])
    func thePageIsTrue(page: String) throws {
        let folder = try TemporaryDirectory()
        let steps = try Self.steps(of: page)
        #expect(steps.count >= 5)
        for step in steps {
            #expect(!step.output.isEmpty, "no output: \(step.commands)")
            let result = try Program(
                executable: URL(filePath: "/bin/bash"),
                ["-c", "cd '\(folder.path)' && PATH='\(Program.folder.path())':$PATH\n\(step.commands)"], input: nil,
                environment: ProcessInfo.processInfo.environment
            ).wait()
            let (found, expected) = (Self.words(result.output), Self.words(step.output))
            #expect(found.count == expected.count, "\(step.commands)\(result.output)\(result.error)")
            for (line, wanted) in zip(found, expected) {
                #expect(
                    line.count == wanted.count && zip(line, wanted).allSatisfy(Self.isSame), "\(line) and \(wanted)")
            }
        }
    }
}
