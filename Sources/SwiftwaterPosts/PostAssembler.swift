import SwiftwaterCore
import SwiftwaterFormats

/// Finds the posts in lines where a post is not a line: pretty-printed JSON, an array with an element per line, and
/// server-sent events. Every other line is a post by itself, and passes at the cost of a look at its first bytes.
///
///     [                          an array begins: skipped
///     {"text":"one"},            an element: without its comma
///     {                          an object begins: collected until its brackets are closed
///       "text": "two"
///     }
///     ]                          skipped
///
///     event: update              the name of an event (of Mastodon's stream)
///     data: {"content":"three"}  its data
struct PostAssembler {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// What a line holds.
    enum Step {
        /// A line for the parser.
        case line(Bytes)
        /// A complete document, valid until the next line.
        case document([UInt8])
        case event(name: String, data: Bytes)
        /// Nothing: a part of something, or a message of the service.
        case nothing
        /// What was collected cannot be JSON. The line is still to be taken.
        case broken(any Error)
        /// What was collected cannot be JSON, and this line belongs to it.
        case failed(any Error)
    }

    /// The largest document that is put together.
    static let documentMaxBytes = 16 << 20

    private var document: [UInt8] = []
    private var depth = 0
    private var isInString = false
    /// Whether the rest of a failed document is skipped.
    private var isSkipping = false
    private var isInArray = false
    private var isInEvents = false
    private var event: String?

    /// Whether lines are posts by themselves: nothing was begun.
    var isIdle: Bool { depth == 0 && !isInArray && !isInEvents && !isSkipping }

    mutating func take(_ line: Bytes) -> Step {
        if line.first == 0xEF, line.starts(with: [0xEF, 0xBB, 0xBF]) { return take(Bytes(rebasing: line[3...])) }
        if depth > 0 { return proceed(line) }
        guard let start = line.firstIndex(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return .nothing }
        if isSkipping {
            // A post in one line, or text, is not a part of it.
            isSkipping = line[start] != 0x7B && PostAssembler.canContinue(line)
            if isSkipping { return .nothing }
        }
        switch line[start] {
        case UInt8(ascii: "{"):
            // Most lines of JSON end with their brace, and none is shorter than this unless it is pretty-printed.
            if line.count - start > 8, line[line.count - 1] == 0x7D { return .line(line) }
            if PostAssembler.isOnly("{[", line[start...]) { return begin(line[start...]) }
            return .line(PostAssembler.trimmed(line))
        case UInt8(ascii: "["):
            return PostAssembler.isOnly("{[", line[start...]) ? begin(line[start...]) : .line(line)
        case UInt8(ascii: "]") where isInArray && PostAssembler.isOnly("],;", line[start...]):
            isInArray = false
            return .nothing
        case UInt8(ascii: "w"):
            // The archives that X lets its users download: `window.YTD.tweets.part0 = [`.
            if line[start...].starts(with: "window.YTD.".utf8), let equals = line.firstIndex(of: 0x3D),
                let value = line[(equals + 1)...].firstIndex(where: { $0 > 0x20 })
            {
                return take(Bytes(rebasing: line[value...]))
            }
            return .line(line)
        case UInt8(ascii: "e"), UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "r"), UInt8(ascii: ":"):
            return takeEvent(line)
        default: return .line(line)
        }
    }

    /// Ends the input. Returns an error if a document was not complete.
    mutating func finish() -> SwiftwaterError? { depth > 0 ? abandon("the text ends before the JSON does") : nil }

    // MARK: Pretty-printed JSON

    private mutating func begin(_ brackets: Slice<Bytes>) -> Step {
        guard let brace = brackets.firstIndex(of: UInt8(ascii: "{")) else {
            isInArray = true
            return .nothing
        }
        if brackets.first == UInt8(ascii: "[") { isInArray = true }
        return proceed(Bytes(rebasing: brackets[brace...]))
    }

    private mutating func proceed(_ line: Bytes) -> Step {
        guard document.isEmpty || PostAssembler.canContinue(line) else {
            return .broken(abandon("expected the next line of a JSON document"))
        }
        guard document.count + line.count <= PostAssembler.documentMaxBytes else {
            return .failed(
                abandon("a document of more than \(PostAssembler.documentMaxBytes >> 20) MiB", isSkipping: true))
        }
        var isEscaped = false
        for (index, byte) in line.enumerated() {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isInString = false
                }
            } else if byte == 0x22 {
                isInString = true
            } else if byte == 0x7B || byte == 0x5B {
                depth += 1
            } else if byte == 0x7D || byte == 0x5D {
                depth -= 1
                if depth == 0 { return complete(with: line[...index], rest: line[(index + 1)...]) }
            }
        }
        guard !isInString else { return .failed(abandon("a string without an end", isSkipping: true)) }
        document.append(contentsOf: line)
        document.append(0x0A)
        return .nothing
    }

    private mutating func complete(with part: Slice<Bytes>, rest: Slice<Bytes>) -> Step {
        let done = document + part
        document.removeAll(keepingCapacity: true)
        // `}, {` begins the next element.
        if let brace = rest.firstIndex(of: UInt8(ascii: "{")), PostAssembler.isOnly(",{", rest) {
            document = [0x7B, 0x0A]
            depth = rest[brace...].count { $0 == 0x7B }
        } else if rest.contains(UInt8(ascii: "]")) {
            isInArray = false
        }
        return .document(done)
    }

    private mutating func abandon(_ what: String, isSkipping skips: Bool = false) -> SwiftwaterError {
        (depth, isInString, isSkipping) = (0, false, skips)
        document.removeAll()
        return SwiftwaterError(
            .malformedInput, "not JSON: \(what)", remedy: "write each post on one line (jq -c '.[]' does)")
    }

    /// Returns whether a line can be a part of a pretty-printed document: it begins with a value, a name or a bracket.
    private static func canContinue(_ line: Bytes) -> Bool {
        guard let start = line.firstIndex(where: { $0 > 0x20 }) else { return true }
        let rest = line[start...]
        switch rest.first! {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default: return ["true", "false", "null"].contains { rest.starts(with: $0.utf8) }
        }
    }

    // MARK: Server-sent events

    /// The events of Mastodon's streams.
    private static let names: Set<String> = [
        "update", "status.update", "delete", "notification", "filters_changed", "conversation", "announcement",
        "announcement.reaction", "announcement.delete", "encrypted_message", "notifications_merged",
    ]

    private mutating func takeEvent(_ line: Bytes) -> Step {
        if let name = PostAssembler.field("event:", of: line).map({ String(decoding: $0, as: UTF8.self) }),
            PostAssembler.names.contains(name)
        {
            (event, isInEvents) = (name, true)
            return .nothing
        }
        if let data = PostAssembler.field("data:", of: line) {
            if let name = event {
                event = nil
                return .event(name: name, data: data)
            }
            if data.first == UInt8(ascii: "{"), data.last == UInt8(ascii: "}") { return .line(data) }
        }
        if isInEvents, PostAssembler.field("id:", of: line) != nil || PostAssembler.field("retry:", of: line) != nil {
            return .nothing
        }
        // Comments, which the service sends to show that it is there.
        if line.first == UInt8(ascii: ":"), isInEvents || line.isSame(":)") || line.isSame(":thump") { return .nothing }
        return .line(line)
    }

    private static func field(_ name: StaticString, of line: Bytes) -> Bytes? {
        let length = name.utf8CodeUnitCount
        guard line.count >= length, Bytes(rebasing: line[..<length]).isSame(name) else { return nil }
        let value = trimmed(Bytes(rebasing: line[length...]))
        return Bytes(rebasing: value.drop { $0 == 0x20 })
    }

    // MARK: Bytes

    private static func isOnly(_ characters: String, _ bytes: Slice<Bytes>) -> Bool {
        bytes.allSatisfy { $0 <= 0x20 || characters.utf8.contains($0) }
    }

    /// Returns the bytes without white space at the end, and without the comma between two elements.
    private static func trimmed(_ line: Bytes) -> Bytes {
        var end = line.count
        while end > 0, line[end - 1] <= 0x20 { end -= 1 }
        if end > 1, line[end - 1] == UInt8(ascii: ","), line[end - 2] == UInt8(ascii: "}") { end -= 1 }
        return Bytes(rebasing: line[..<end])
    }
}
