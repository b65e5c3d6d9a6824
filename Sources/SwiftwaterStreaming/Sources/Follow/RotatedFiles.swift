import SwiftwaterCore
import SwiftwaterStorage

/// The files that rotation makes of a file, beside it: `posts.ndjson.1`, `posts.ndjson-20261127.gz`,
/// `posts-20261127.ndjson` and the like.
package struct RotatedFiles {
    /// The path of the file that is followed.
    let path: String
    private let directory: String
    private let name: String

    /// Creates the files beside a path.
    package init(_ path: String) {
        self.path = path
        let slash = path.lastIndex(of: "/")
        directory = slash.map { String(path[...$0]) } ?? ""
        name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Returns the paths of the files that are there, the longest unchanged first.
    func all() throws -> [(path: String, modified: Int64)] {
        let names = try LocalFileSystem().entries(directory.isEmpty ? "." : directory).filter { !$0.isDirectory }
        return names.map(\.name).filter(isRotated).compactMap { name in
            OpenFile.look(at: directory + name).map { (directory + name, $0.modified) }
        }.sorted { ($0.modified, $0.path) < ($1.modified, $1.path) }
    }

    /// Whether rotation may have given a file this name: it has a number or a date at its end, or before its ending.
    package func isRotated(_ other: String) -> Bool {
        let plain = other.hasSuffix(".gz") ? other.dropLast(3) : other[...]
        if plain.hasPrefix(name) { return RotatedFiles.isCount(plain.dropFirst(name.count)) }
        guard let dot = name.dropFirst().lastIndex(of: ".") else { return false }
        let (stem, ending) = (name[..<dot], name[dot...])
        guard plain.hasPrefix(stem), plain.hasSuffix(ending), plain.count > stem.count + ending.count else {
            return false
        }
        return RotatedFiles.isCount(plain.dropFirst(stem.count).dropLast(ending.count))
    }

    /// Whether a part of a name is a sign and then a number or a date.
    private static func isCount(_ part: Substring) -> Bool {
        guard let sign = part.first, ".-_".contains(sign), let digit = part.dropFirst().first else { return false }
        return digit.isASCII && digit.isNumber
            && part.allSatisfy { $0.isASCII && ($0.isNumber || ".-_:T".contains($0)) }
    }

    /// Returns the first bytes of a file, or of the text of a compressed one; none if it cannot be read.
    static func head(of path: String) -> [UInt8] {
        (try? FollowedBytes(path)?.read(FollowedPlace.headMaxBytes, at: 0)) ?? []
    }
}
