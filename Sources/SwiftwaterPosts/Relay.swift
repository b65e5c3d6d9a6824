import SwiftwaterCore

/// What the relay does with each line, without any input or output of its own.
public struct Relay: Sendable {
    /// How many lines were what.
    public struct Counts: Sendable, Equatable {
        public var lines = 0
        public var relayed = 0
        public var untracked = 0
        public var controls = 0
        public var malformed = 0
    }

    private let parser = PostParser()
    private let filter: TrackFilter
    public private(set) var counts = Counts()
    /// The first few lines that could not be read.
    public private(set) var samples: [SwiftwaterError] = []

    public init(track: [String] = []) { filter = TrackFilter(track) }

    /// Takes the next line; the post to relay, or nil.
    ///
    /// - Parameter source: the file that errors name.
    public mutating func take(_ line: Text, source: String) -> Post? {
        counts.lines += 1
        do {
            switch try parser.parse(line) {
            case .post(let post):
                guard filter.matches(post.text) else {
                    counts.untracked += 1
                    return nil
                }
                counts.relayed += 1
                return post
            case .deletion, .control:
                counts.controls += 1
            }
        } catch {
            counts.malformed += 1
            if samples.count < 5, var known = error as? SwiftwaterError {
                known.location = known.location ?? .init()
                known.location?.file = source
                known.location?.line = counts.lines
                samples.append(known)
            }
        }
        return nil
    }

    /// How a relayed post is shown: text, time, name and location, safe for a terminal.
    public static func display(_ post: Post) -> String {
        let details = [post.createdAt, post.authorName, post.location].compactMap { $0 }.filter { !$0.isEmpty }
        let text = TerminalText.safe(post.singleLine)
        return details.isEmpty ? text : text + "  [" + details.map(TerminalText.safe).joined(separator: " | ") + "]"
    }
}
