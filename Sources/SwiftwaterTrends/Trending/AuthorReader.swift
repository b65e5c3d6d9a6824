import SwiftwaterCore
import SwiftwaterPosts

/// Finds the different authors of posts. Posts that cannot be read have none; `TrendReader` counts them.
struct AuthorReader {
    private(set) var authors: Set<Text> = []
    private var reader = PostReader()
    private var view = PostView()

    mutating func read(_ block: TextBlock) {
        block.forEachLine { line in
            line.withBytes { bytes in
                if (try? reader.read(bytes, into: &view)) == true { take() }
                while reader.hasMore { if (try? reader.next(into: &view)) == true { take() } }
            }
        }
    }

    private mutating func take() {
        guard case .post = view.kind, !view.author.isEmpty else { return }
        let author = Text(unownedBytes: view.author, owner: nil)
        if !authors.contains(author) { authors.insert(author.detached()) }
    }
}
