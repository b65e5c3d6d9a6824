import NIOCore
import SwiftwaterCore

/// A text protocol with acknowledgments: the sender keeps every line until the receiver reports that it is safe.
///
///     sender      token TOKEN\n                     only from a sender that connects and has a token
///     sender      swiftwater-ack 1 NAME\n            the sender's name; it numbers its lines from 1
///     receiver    resume N\n                         line N of that sender is the last that is safe; 0 for none
///     sender      chunk P B\n and B bytes            whole lines; the last is number P
///     receiver    safe P\n                           lines up to P are in the log and synchronized
///
/// Either side may connect. After a lost connection, the sender continues after the line that the receiver's `resume`
/// names, so nothing is lost and nothing is counted twice.
package enum AcknowledgedFraming {
    /// What a sender sends first, before its name; it has the version.
    package static let greeting = "swiftwater-ack 1 "
    /// What a sender with a token sends before its greeting, with the token.
    static let token = "token "
    /// What a receiver answers before it closes the connection of a sender without its token.
    static let refusal = "refused token"
    static let lineMaxBytes = 1100
    static let senderMaxBytes = 1000
    static let chunkMaxBytes = 16 << 20

    /// Returns what a sender sends first.
    static func hello(_ name: String, token: Secret?) -> String {
        (token.map { self.token + $0.text + "\n" } ?? "") + greeting + name + "\n"
    }

    /// Reads the next line of `buffer`, without its end. Returns nil if the line is incomplete.
    ///
    /// - Throws: `malformedInput` if the line is too long.
    static func line(_ buffer: inout ByteBuffer) throws -> String? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: 0x0A) else {
            if view.count > lineMaxBytes {
                throw SwiftwaterError(
                    .malformedInput,
                    "the peer does not speak the acknowledged protocol: a line of more than \(lineMaxBytes) bytes",
                    remedy: "let the sender wait for acknowledgments", setting: .acknowledgments)
            }
            return nil
        }
        let length = end - view.startIndex
        let line = buffer.readString(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }

    static func unexpected(_ line: String) -> SwiftwaterError {
        SwiftwaterError(
            .malformedInput,
            "the peer does not speak the acknowledged protocol: got '\(TerminalText.safe(String(line.prefix(80))))'",
            remedy: "let the sender wait for acknowledgments", setting: .acknowledgments)
    }
}

/// The protocol logic of the receiving end of a connection. It does no input or output.
struct AcknowledgedReader {
    enum Event: Equatable {
        /// The sender gave its name.
        case greeted(sender: String)
        /// The sender did not show the token. Nothing that it sends counts.
        case refused
        /// A whole chunk of lines arrived; the last is number `position`.
        case chunk(ByteBuffer, position: UInt64)
    }

    private let token: Secret?
    private var isAdmitted: Bool
    private(set) var sender: String?
    private var buffer = ByteBuffer()
    private var chunk: (position: UInt64, bytes: Int)?

    /// Creates a reader.
    ///
    /// - Parameter token: what senders must show before their name; nil if they need not.
    init(token: Secret? = nil) { (self.token, isAdmitted) = (token, token == nil) }

    mutating func append(_ bytes: inout ByteBuffer) {
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    mutating func next() throws -> Event? {
        if let open = chunk {
            guard let bytes = buffer.readSlice(length: open.bytes) else { return nil }
            chunk = nil
            return .chunk(bytes, position: open.position)
        }
        guard let line = try AcknowledgedFraming.line(&buffer) else { return nil }
        guard sender != nil else {
            if line.hasPrefix(AcknowledgedFraming.token) {
                let shown = String(line.dropFirst(AcknowledgedFraming.token.count))
                isAdmitted = token?.matches(shown) ?? true
                return isAdmitted ? try next() : .refused
            }
            let name = String(line.dropFirst(AcknowledgedFraming.greeting.count))
            guard line.hasPrefix(AcknowledgedFraming.greeting), !name.isEmpty,
                name.utf8.count <= AcknowledgedFraming.senderMaxBytes
            else { throw AcknowledgedFraming.unexpected(line) }
            guard isAdmitted else { return .refused }
            sender = name
            return .greeted(sender: name)
        }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "chunk", let position = UInt64(words[1]), let count = Int(words[2]),
            (1...AcknowledgedFraming.chunkMaxBytes).contains(count)
        else { throw AcknowledgedFraming.unexpected(line) }
        chunk = (position, count)
        return try next()
    }
}
