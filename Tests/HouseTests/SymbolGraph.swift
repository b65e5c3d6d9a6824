import Foundation
import TestSupport

/// The public declarations of a room, as the compiler's `symbolgraph-extract` finds them in the built module.
struct SymbolGraph {
    /// A public declaration.
    struct Symbol {
        /// The room that declares it.
        let room: String
        /// `Swift` if it extends a type of the standard library, otherwise the module of the extended type, or `room`.
        let extends: String
        /// `property`, `method`, `struct`, ….
        let kind: String
        /// `RDD.map(_:)`, for example.
        let name: String
        let isDocumented: Bool
        /// File and line; empty for what the compiler writes.
        let place: String
    }

    private struct File: Decodable {
        struct Symbol: Decodable {
            struct Kind: Decodable { let identifier: String }
            struct Documentation: Decodable {}
            struct Location: Decodable {
                struct Position: Decodable { let line: Int }
                let uri: String
                let position: Position
            }
            let kind: Kind
            let pathComponents: [String]
            let docComment: Documentation?
            let location: Location?
        }
        let symbols: [Symbol]
    }

    /// The public declarations of `room`.
    static func symbols(_ room: String) throws -> [Symbol] {
        let output = try TemporaryDirectory()
        try extract(room, into: output.path)
        let files = try FileManager.default.contentsOfDirectory(atPath: output.path).filter { $0.hasSuffix(".json") }
        return try files.sorted().flatMap { name in
            let data = try Data(contentsOf: URL(filePath: output.path + "/" + name))
            let modules = name.split(separator: ".")[0].split(separator: "@")
            return try JSONDecoder().decode(File.self, from: data).symbols.map { symbol in
                let place = symbol.location.map { "\($0.uri.split(separator: "/").last ?? ""):\($0.position.line + 1)" }
                return Symbol(
                    room: room, extends: String(modules.last!),
                    kind: String(symbol.kind.identifier.split(separator: ".").last!),
                    name: symbol.pathComponents.joined(separator: "."), isDocumented: symbol.docComment != nil,
                    place: place ?? "")
            }
        }
    }

    private static func extract(_ room: String, into folder: String) throws {
        let result = try Program(
            executable: URL(filePath: "/usr/bin/env"),
            [
                "swift", "symbolgraph-extract", "-module-name", room, "-minimum-access-level", "public",
                "-skip-synthesized-members", "-target", BuiltModules.triple, "-output-dir", folder,
            ] + BuiltModules.compilerOptions()
        ).wait()
        guard result.status == 0 else { throw SymbolGraphError(message: "\(room): \(result.error)") }
    }
}

private struct SymbolGraphError: Error {
    let message: String
}
