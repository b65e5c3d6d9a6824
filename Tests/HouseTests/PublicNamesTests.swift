import Foundation
import TestSupport
import Testing

/// The public face: what users of the package can name.
@Suite(.enabled(if: !Sanitizer.isAddress, Comment(rawValue: Sanitizer.startsProgram))) struct PublicNamesTests {
    /// The rooms that users import, by `Swiftwater` or by themselves.
    private static let rooms = HouseTests.rooms.filter { room in
        #if Server
            let hasServer = true
        #else
            let hasServer = false
        #endif
        #if SparkConnect
            let hasSpark = true
        #else
            let hasSpark = false
        #endif
        return (hasServer || room != "SwiftwaterServer") && (hasSpark || room != "SwiftwaterSpark")
            && room.hasPrefix("Swiftwater")
            && !["SwiftwaterPlatform", "SwiftwaterSparkProtocol", "SwiftwaterCommand", "Swiftwater"].contains(room)
    }
    private static let list = "docs/PublicNames.txt"

    /// A change of the public face shows as a change of the list. `make public-names` writes it.
    @Test func theListHasEveryPublicName() throws {
        let symbols = try Self.rooms.flatMap(SymbolGraph.symbols)
        let found = symbols.map { "\($0.room) \($0.kind) \($0.name)" }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if ProcessInfo.processInfo.environment["SWIFTWATER_WRITE_PUBLIC_NAMES"] != nil {
            try Data((found.joined(separator: "\n") + "\n").utf8)
                .write(to: URL(filePath: PackageFolder.root + Self.list))
        }
        let listed = try PackageSources.lines(Self.list).filter { line in
            Self.rooms.contains { line.hasPrefix($0 + " ") }
        }
        let change = found.difference(from: listed)
        for case .insert(_, let name, _) in change { Issue.record("\(name) is public, but not in \(Self.list)") }
        for case .remove(_, let name, _) in change { Issue.record("\(name) is in \(Self.list), but not public") }
    }

    @Test func everyPublicDeclarationIsDocumented() throws {
        for symbol in try Self.rooms.flatMap(SymbolGraph.symbols) where !symbol.isDocumented {
            Issue.record("\(symbol.place): \(symbol.name) has no documentation comment")
        }
    }

    /// The standard library's numbers gain conformances to our protocols, and no members that would look as if they were
    /// theirs.
    @Test func numbersHaveNoMembersOfOurs() throws {
        let witnesses: Set = ["encode(to:)", "decode(from:)", "precedes(_:)", "sqlValue", "sqlType"]
        for symbol in try Self.rooms.flatMap(SymbolGraph.symbols) where symbol.extends == "Swift" {
            let parts = symbol.name.split(separator: ".", maxSplits: 1).map(String.init)
            if ["Int", "Double", "Duration", "Float"].contains(parts[0]) {
                #expect(witnesses.contains(parts[1]), "\(symbol.place): \(symbol.name)")
            }
        }
    }

    /// What a user can call is a method of something.
    @Test func noFunctionIsGlobal() throws {
        for symbol in try Self.rooms.flatMap(SymbolGraph.symbols) where symbol.kind == "func" {
            Issue.record("\(symbol.place): \(symbol.name) is a global function")
        }
    }
}
