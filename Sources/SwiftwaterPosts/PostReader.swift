import SwiftwaterCore
import SwiftwaterFormats

/// Reads the fields of posts that trends need, in place. Only those parts of a line of JSON are examined; the rest is
/// skipped a vector at a time. Gives the same result as `PostParser`, which reads everything.
///
/// Lines of shapes that are rare or need more than their own fields (boosts, X v2 with expansions out of order) are
/// passed to `PostParser`.
package struct PostReader {
    private let parser = PostParser()
    private var times = PostTimeReader()
    private var fields = PostFields()
    /// Holds the text of a line that could not be read in place.
    private var own: [[UInt8]] = []

    /// Creates a reader.
    package init() {}

    /// Reads one line into `view`.
    ///
    /// - Throws: `malformedInput` if the line begins like a JSON object but is not one, or has an unknown shape.
    package mutating func read(_ line: UnsafeBufferPointer<UInt8>, into view: inout PostView) throws {
        view = PostView()
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }) else {
            view.kind = .control
            return
        }
        guard first == UInt8(ascii: "{") else {
            view.rawText = line
            return
        }
        var scan = PostScan(line)
        fields.reset()
        if scan.run(&fields), fields.fill(&view, &times) { return }
        try readSlowly(line, &view)
    }

    private mutating func readSlowly(_ line: UnsafeBufferPointer<UInt8>, _ view: inout PostView) throws {
        view = PostView()
        own = []
        switch try parser.parse(JSONValue(parsing: line)) {
        case .control: view.kind = .control
        case .deletion(let id):
            view.kind = .deletion
            view.id = keep(id)
        case .post(let post):
            view.rawText = keep(post.text)
            view.id = keep(post.id ?? "")
            view.author = keep(post.authorID ?? "")
            view.tags = post.hashtags.map { tags in tags.map { keep($0) } }
            if let created = post.createdAt {
                view.time = Array(created.utf8).withUnsafeBufferPointer { times.milliseconds($0) }
            }
        }
    }

    private mutating func keep(_ text: String) -> UnsafeBufferPointer<UInt8> {
        own.append(Array(text.utf8) + [0])
        // The array does not change while its bytes are in use.
        return own[own.count - 1].withUnsafeBufferPointer { UnsafeBufferPointer(rebasing: $0.dropLast()) }
    }
}
