import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts

/// The order of the posts of an archive.
package enum ArchiveOrder {
    /// Returns whether the posts at the beginning of a file go back in time, as services list them.
    ///
    /// - Throws: `notFound` or `io`.
    package static func isNewestFirst(_ path: String, format: TextFileFormat) throws -> Bool {
        var blocks = try BlockReader(path: path, format: format)
        guard let block = try blocks.next() else { return false }
        var (reader, view) = (PostReader(), PostView())
        var (last, later, earlier) = (Int64?.none, 0, 0)
        func take() {
            guard case .post = view.kind, let time = view.time else { return }
            if let last, time != last { if time > last { later += 1 } else { earlier += 1 } }
            last = time
        }
        block.forEachLine { line in
            guard later + earlier < 1000 else { return }
            line.withBytes { bytes in
                if (try? reader.read(bytes, into: &view)) == true { take() }
                while reader.hasMore { if (try? reader.next(into: &view)) == true { take() } }
            }
        }
        return earlier >= 2 && earlier >= 9 * later
    }
}
