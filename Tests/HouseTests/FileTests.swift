import Foundation
import TestSupport
import Testing

/// A file holds one idea, and is named after it.
@Suite struct FileTests {
    @Test func filesAreShortAndNamedWell() throws {
        for file in PackageSources.files("Sources", [".swift", ".c", ".h"])
            + PackageSources.files("Tests", [".swift"]) + PackageSources.files("TestSupport", [".swift"])
            + PackageSources.files("Examples", [".swift"])
        {
            #expect(try PackageSources.lines(file).count <= 500, "\(file)")
            let name = file.split(separator: "/").last!
            for word in ["Utils", "Helpers", "Manager", " "] { #expect(!name.contains(word), "\(file)") }
        }
    }

    /// `Name.swift` declares the type `Name`, and at most two other types that are not private; `Name+Topic.swift`
    /// extends it. A room's own file, such as `Swiftwater.swift`, may declare none.
    @Test func filesDeclareWhatTheyAreNamedAfter() throws {
        for file in PackageSources.files("Sources", [".swift"]) {
            let parts = file.split(separator: "/")
            let name = String(parts.last!.dropLast(".swift".count))
            if name == parts[1] && name != "SwiftwaterCommand" && name != "SwiftwaterServer" { continue }
            let declarations = try PackageSources.declarations(file)
            let own = String(name.split(separator: "+")[0])
            let named = declarations.filter { $0.name == own || $0.name.hasSuffix("." + own) }
            if name.contains("+") {
                #expect(named.contains { $0.kind == "extension" }, "\(file) does not extend \(own)")
            } else {
                #expect(named.contains { $0.kind != "extension" }, "\(file) does not declare \(own)")
            }
            let others = Set(
                declarations.filter { $0.kind != "extension" && !$0.isPrivate && $0.name != own }.map(\.name))
            #expect(others.count <= 2, "\(file) also declares \(others.sorted())")
        }
    }

    /// Comments fit the line length of the code.
    @Test func linesFitTheirLength() throws {
        for file in PackageSources.files("Sources", [".swift"]) {
            for (number, line) in try PackageSources.lines(file).enumerated()
            where line.utf8.count > 120 && line.count > 120 {
                let isComment = line.drop { $0 == " " }.hasPrefix("//")
                #expect(!isComment, "\(file):\(number + 1) has a comment of \(line.count) columns")
            }
        }
    }
}
