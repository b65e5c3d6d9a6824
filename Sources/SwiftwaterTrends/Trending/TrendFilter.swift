import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import Synchronization

/// Lists of keys that are left out of trends, or of the only keys that are listed. The files may change while the
/// program runs. They have one key per line, with or without `#`, in any case. White space around them, empty
/// lines and lines that begin with `//` are skipped.
public final class TrendFilter: Sendable {
    /// The current content of the files.
    struct Lists: Sendable, Equatable {
        var ignored: Set<Text> = []
        var allowed: Set<Text>?

        func allows(_ key: Text) -> Bool { allowed.map { $0.contains(key) } ?? true && !ignored.contains(key) }
    }

    private let ignore: String?
    private let allow: String?
    private let state: Mutex<(lists: Lists, stamps: [FileStamp?])>

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - ignore: a file of keys to leave out.
    ///   - allow: a file of the only keys to list.
    /// - Throws: `notFound` or `io`.
    public init(ignore: String?, allow: String?) throws {
        (self.ignore, self.allow) = (ignore, allow)
        state = Mutex((Lists(), []))
        let lists = try read()
        state.withLock { $0 = (lists, stamps) }
    }

    private var stamps: [FileStamp?] {
        [ignore, allow].map { path in path.flatMap { try? URLFileSystem().stamp($0) } }
    }

    private func read() throws -> Lists {
        func keys(_ path: String) throws -> Set<Text> {
            let entries = try ListFile.entries(of: path).filter { !$0.hasPrefix("//") }
            return Set(
                entries.flatMap { entry -> [Text] in
                    let key = Text(entry).caseFolded()
                    return key.hasPrefix("#") || key.hasPrefix("@") || key.hasPrefix("$")
                        ? [key] : [key, Text("#" + String(key))]
                })
        }
        return Lists(ignored: try ignore.map(keys) ?? [], allowed: try allow.map(keys))
    }

    /// The lists, which are read again if a file has changed. If it cannot be read, the previous lists remain.
    var lists: Lists {
        let now = stamps
        return state.withLock { state in
            if state.stamps != now, let lists = try? read() { state = (lists, now) }
            return state.lists
        }
    }
}
