import SwiftwaterCore

/// A small text file of one entry per line, such as a list of ids.
package enum ListFile {
    /// Returns the entries, without the white space around them. Skips empty lines, and a byte order mark.
    ///
    /// - Throws: `notFound` or `io`.
    package static func entries(of path: String) throws -> [String] {
        let bytes = try ByteSource(path: path).readAll()
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        return text.split { $0 == 0x0A || $0 == 0x0D }.compactMap { line in
            let start = line.firstIndex { $0 > 0x20 }
            guard let start, let end = line.lastIndex(where: { $0 > 0x20 }) else { return nil }
            return String(decoding: line[start...end], as: UTF8.self)
        }
    }
}
