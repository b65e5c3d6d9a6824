import SwiftwaterCore
import SwiftwaterFormats

/// Reads the fields of posts that trends need, in place. Only those parts of a line of JSON are examined; the rest is
/// skipped a vector at a time. Gives the same result as `PostParser`, which reads everything.
///
/// Lines of shapes that are rare or need more than their own fields (boosts, X v2 with expansions, lists) are passed to
/// `PostParser`. A post may be spread over lines (`PostAssembler`), and a line may hold several:
///
///     if try reader.read(line, into: &view) { take(view) }
///     while reader.hasMore { if try reader.next(into: &view) { take(view) } }
package struct PostReader {
    private let parser = PostParser()
    private var assembler = PostAssembler()
    private var times = PostTimeReader()
    private var fields = PostFields()
    /// Holds the text of a retweet, which is put together.
    private var retweet: [UInt8] = []
    /// Holds the text of a line that could not be read in place.
    private var own: [[UInt8]] = []
    /// What else the last line holds, last first.
    private var queue: [Result<PostLine, any Error>] = []
    /// The line after one that ended a document too early.
    private var again: [UInt8]?
    /// Holds that line while the view points into it.
    private var held: [UInt8] = []

    /// Creates a reader.
    package init() {}

    /// Whether `next(into:)` has something. Mutating, because the reader would be copied for each line otherwise.
    package var hasMore: Bool { mutating get { !queue.isEmpty || again != nil } }

    /// Whether every line is a post by itself: no post or list was begun.
    package var isBetweenPosts: Bool { mutating get { assembler.isIdle && !hasMore } }

    /// Reads one line into `view`.
    ///
    /// - Returns: whether `view` holds something. It does not if the line is a part of a post.
    /// - Throws: `malformedInput` if the line begins like a JSON object but is not one, or has an unknown shape. The
    ///   line may have more, which `next(into:)` reads.
    package mutating func read(_ line: UnsafeBufferPointer<UInt8>, into view: inout PostView) throws -> Bool {
        view = PostView()
        switch assembler.take(line) {
        case .line(let line): return try readLine(line, into: &view)
        case .document(let bytes): enqueue(bytes.withUnsafeBufferPointer { parser.results(of: $0) })
        case .event(let name, let data): enqueue(parser.results(ofEvent: name, data))
        case .nothing: return false
        case .failed(let error): throw error
        case .broken(let error):
            again = Array(line)
            throw error
        }
        return try next(into: &view)
    }

    /// Reads what else the last line holds.
    ///
    /// - Returns: whether `view` holds something.
    /// - Throws: `malformedInput`. There may be more.
    package mutating func next(into view: inout PostView) throws -> Bool {
        if let line = again {
            (again, held) = (nil, line)
            return try line.withUnsafeBufferPointer { try read($0, into: &view) }
        }
        guard let result = queue.popLast() else { return false }
        try fill(&view, with: result.get())
        return true
    }

    /// Ends the input.
    ///
    /// - Throws: `malformedInput` if a post was begun and has not ended.
    package mutating func finish() throws { if let error = assembler.finish() { throw error } }

    /// Returns whether a line, without white space in front, is certainly a post by itself and not JSON.
    package static func isPlain(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        func begins(_ text: StaticString) -> Bool {
            line.count >= text.utf8CodeUnitCount
                && UnsafeBufferPointer(rebasing: line[..<text.utf8CodeUnitCount]).isSame(text)
        }
        switch line.first {
        case UInt8(ascii: "{"), UInt8(ascii: ":"): return false
        case 0xEF: return !line.starts(with: [0xEF, 0xBB, 0xBF])
        // `[live] the score` is text; a list has an object or nothing after its bracket.
        case UInt8(ascii: "["): return line.dropFirst().first { $0 > 0x20 }.map { $0 != 0x7B && $0 != 0x5D } ?? false
        case UInt8(ascii: "e"): return !begins("event:")
        case UInt8(ascii: "d"): return !begins("data:")
        case UInt8(ascii: "w"): return !begins("window.YTD.")
        default: return true
        }
    }

    private mutating func enqueue(_ results: [Result<PostLine, any Error>]) { queue = results.reversed() }

    private mutating func readLine(_ line: UnsafeBufferPointer<UInt8>, into view: inout PostView) throws -> Bool {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }) else { return false }
        switch first {
        case UInt8(ascii: "{"):
            var scan = PostScan(line)
            fields.reset()
            if scan.run(&fields), fields.fill(&view, &times, &retweet) { return true }
            enqueue(parser.results(of: line))
        case UInt8(ascii: "["): enqueue(parser.results(of: line))
        default:
            view.rawText = line
            return true
        }
        return try next(into: &view)
    }

    private mutating func fill(_ view: inout PostView, with line: PostLine) throws {
        view = PostView()
        own = []
        switch line {
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
