import SwiftwaterCore

/// The logic of the relay for each line. It does no input or output.
package struct Relay: Sendable {
    /// What is relayed of a post.
    package enum Format: String, Sendable, CaseIterable {
        /// The text alone, on one line.
        case text
        /// The whole post as one line of JSON (`PostLine.normalized`), and deletions.
        case posts
    }

    /// Counts of lines by what they were.
    package struct Counts: Sendable, Equatable {
        /// All lines.
        package var lines = 0
        /// Posts that were relayed.
        package var relayed = 0
        /// Posts without a tracked word.
        package var untracked = 0
        /// Deletions that were relayed.
        package var deletions = 0
        /// Service messages, and deletions if only text is relayed.
        package var controls = 0
        /// Lines that could not be parsed.
        package var malformed = 0
    }

    /// A line to relay.
    package struct Output: Sendable {
        /// The line, without a line end.
        package let line: String
        /// The post, for display; nil for a deletion.
        package let post: Post?
    }

    private let parser = PostParser()
    private let filter: TrackFilter
    private let format: Format
    /// The counts so far.
    package private(set) var counts = Counts()
    /// The errors of the first few lines that could not be parsed.
    package private(set) var samples: [SwiftwaterError] = []

    /// Creates a relay of the posts that contain one of the words, or of all posts if there are no words.
    package init(track: [String] = [], format: Format = .text) {
        filter = TrackFilter(track)
        self.format = format
    }

    /// Takes the next line, and returns what to relay, or nil.
    ///
    /// - Parameter source: the file to name in errors.
    package mutating func take(_ line: Text, source: String) -> Output? {
        counts.lines += 1
        do {
            let parsed = try parser.parse(line)
            switch parsed {
            case .post(let post):
                guard filter.matches(post.text) else {
                    counts.untracked += 1
                    return nil
                }
                counts.relayed += 1
                return Output(line: format == .text ? post.singleLine : parsed.normalized!, post: post)
            case .deletion where format == .posts:
                // Whether the deleted post had a tracked word is unknown.
                counts.deletions += 1
                return Output(line: parsed.normalized!, post: nil)
            case .deletion, .control: counts.controls += 1
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

    /// Returns a relayed post formatted for a terminal: text, time, name and location, without control characters.
    package static func display(_ post: Post) -> String {
        let details = [post.createdAt, post.authorName, post.location].compactMap { $0 }.filter { !$0.isEmpty }
        let text = TerminalText.safe(post.singleLine)
        return details.isEmpty ? text : text + "  [" + details.map(TerminalText.safe).joined(separator: " | ") + "]"
    }
}
