/// Functions on parts of paths.
package enum PathName {
    /// Returns the parent directory of a path; `.` if the path has none.
    package static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Returns whether a name is that of a temporary file of `AtomicFile`.
    package static func isTemporary(_ name: String) -> Bool { name.contains(".tmp-") }

    /// Returns a name escaped as one part of a path or key: letters, digits, `-`, `_` and `.` (except a leading `.`)
    /// stay; other bytes become `%XX`.
    package static func escaped(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F || (byte == 0x2E && !result.isEmpty)
            if isPlain {
                result.unicodeScalars.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}
