import Foundation
import TestSupport

/// The files of the package, as the house's tests look at them.
enum PackageSources {
    static func files(_ folder: String, _ endings: [String]) -> [String] {
        let root = PackageFolder.root + folder
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        // Generated code has rules of its own.
        return all.filter { name in
            endings.contains { name.hasSuffix($0) } && !name.hasSuffix(".pb.swift") && !name.hasSuffix(".grpc.swift")
        }.map { folder + "/" + $0 }.sorted()
    }

    static func content(_ path: String) throws -> String {
        try String(contentsOfFile: PackageFolder.root + path, encoding: .utf8)
    }

    static func lines(_ path: String) throws -> [String] {
        try content(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    static func imports(_ path: String) throws -> [String] {
        try lines(path).compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position < 2, position + 1 < words.count else {
                return nil
            }
            return String(words[position + 1])
        }
    }

    /// A declaration at the top level of a file; in a file that is compiled for a trait, within its `#if`.
    struct Declaration {
        /// `class`, `struct`, `enum`, `protocol`, `actor`, `typealias` or `extension`.
        let kind: String
        let name: String
        let isPrivate: Bool
    }

    static func declarations(_ path: String) throws -> [Declaration] {
        let all = try lines(path)
        let indentation = all.first?.hasPrefix("#if") == true && all.contains("#endif") ? "    " : ""
        return all.compactMap { line in
            guard line.hasPrefix(indentation), line.dropFirst(indentation.count).first != " " else { return nil }
            let pattern =
                /^(?:@\w+(?:\([^)]*\))? +)*((?:(?:public|package|internal|private|fileprivate|open|final|indirect) +)*)(class|struct|enum|protocol|actor|typealias|extension) +([\w.]+)/
            guard let match = line.dropFirst(indentation.count).firstMatch(of: pattern) else { return nil }
            return Declaration(
                kind: String(match.2), name: String(match.3), isPrivate: match.1.contains("private"))
        }
    }
}
