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
    private var assembler = PostAssembler()
    private let filter: TrackFilter
    private let format: Format
    /// The counts so far.
    package private(set) var counts = Counts()
    /// The errors of the first few lines that could not be parsed.
    package private(set) var samples: [SwiftwaterError] = []
    private var linesOfFile = 0

    /// Creates a relay of the posts that pass the filter, by default of all.
    package init(track filter: TrackFilter = TrackFilter([]), format: Format = .text) {
        (self.filter, self.format) = (filter, format)
    }

    /// Takes the next line, and returns what to relay.
    ///
    /// - Parameter source: the file to name in errors.
    package mutating func take(_ line: Text, source: String) -> [Output] {
        counts.lines += 1
        linesOfFile += 1
        return line.withBytes { take($0, source) }
    }

    private mutating func take(_ line: UnsafeBufferPointer<UInt8>, _ source: String) -> [Output] {
        switch assembler.take(line) {
        case .nothing:
            counts.controls += 1
            return []
        case .line(let line): return take(parser.results(of: line), source)
        case .document(let bytes): return take(bytes.withUnsafeBufferPointer { parser.results(of: $0) }, source)
        case .event(let name, let data): return take(parser.results(ofEvent: name, data), source)
        case .failed(let error):
            note(error, source)
            return []
        case .broken(let error):
            note(error, source)
            return take(line, source)
        }
    }

    /// Ends a file.
    package mutating func finish(source: String) {
        if let error = assembler.finish() { note(error, source) }
        (assembler, linesOfFile) = (PostAssembler(), 0)
    }

    private mutating func take(_ results: [Result<PostLine, any Error>], _ source: String) -> [Output] {
        results.compactMap { result in
            switch result {
            case .success(let line): return output(of: line)
            case .failure(let error):
                note(error, source)
                return nil
            }
        }
    }

    private mutating func output(of line: PostLine) -> Output? {
        switch line {
        case .post(let post):
            guard filter.matches(post.text) else {
                counts.untracked += 1
                return nil
            }
            counts.relayed += 1
            return Output(line: format == .text ? post.singleLine : line.normalized!, post: post)
        case .deletion where format == .posts:
            // Whether the deleted post had a tracked word is unknown.
            counts.deletions += 1
            return Output(line: line.normalized!, post: nil)
        case .deletion, .control:
            counts.controls += 1
            return nil
        }
    }

    private mutating func note(_ error: any Error, _ source: String) {
        counts.malformed += 1
        guard samples.count < 5, var known = error as? SwiftwaterError else { return }
        var location = known.location ?? .init()
        (location.file, location.line) = (source, linesOfFile)
        known.location = location
        samples.append(known)
    }

    /// Returns a relayed post formatted for a terminal: text, time, name and location, without control characters.
    package static func display(_ post: Post) -> String {
        let details = [post.createdAt, post.authorName, post.location].compactMap { $0 }.filter { !$0.isEmpty }
        let text = TerminalText.safe(post.singleLine)
        return details.isEmpty ? text : text + "  [" + details.map(TerminalText.safe).joined(separator: " | ") + "]"
    }
}
