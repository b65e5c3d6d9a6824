import SwiftwaterCore
import SwiftwaterFormats

/// Makes lines of X's stream: each is one, and an empty one says that the connection lives.
struct XReader: LiveReader {
    /// The longest line, in bytes.
    static let lineMaxBytes = 1 << 20
    /// The time that ids count from, in milliseconds since 1970.
    private static let epoch: UInt64 = 1_288_834_974_657

    private var line: [UInt8] = []
    private var dropped = 0

    mutating func take(_ bytes: UnsafeRawBufferPointer, into intake: inout LiveIntake) throws {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            if dropped > 0 || line.count + end - start > XReader.lineMaxBytes {
                dropped += line.count + end - start
                line.removeAll(keepingCapacity: true)
            } else {
                line.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
            guard end < bytes.count else { return }
            start = end + 1
            defer {
                line.removeAll(keepingCapacity: true)
                dropped = 0
            }
            try endLine(&intake)
        }
    }

    private mutating func endLine(_ intake: inout LiveIntake) throws {
        guard dropped == 0 else {
            return intake.reject(
                SwiftwaterError(.limitExceeded, "a line of \(dropped) bytes", remedy: "such lines are left out"))
        }
        if line.last == 0x0D { line.removeLast() }
        guard !line.isEmpty else { return }
        let json: JSONValue
        do { json = try line.withUnsafeBufferPointer { try JSONValue(parsing: $0) } } catch {
            return intake.reject(error as? SwiftwaterError ?? SwiftwaterError(.malformedInput, "\(error)"))
        }
        guard let id = json["data"]?["id"]?.string else {
            // The service says why it ends the connection.
            if let error = json["errors"]?.array?.first { throw XReader.end(error) }
            return intake.reject(
                SwiftwaterError(
                    .malformedInput, "the line has no post with an id", remedy: "check what is at the other end"))
        }
        let created = json["data"]?["created_at"]?.string.flatMap { Timestamp.milliseconds($0) }.map {
            UInt64(max(0, $0))
        }
        let time = created ?? UInt64(id).map { ($0 >> 22) + XReader.epoch } ?? intake.now / 1000
        line.withUnsafeBytes { bytes in
            intake.add(
                bytes, key: Array("x \(id)".utf8).withUnsafeBytes { StableHasher.hash($0) }, time: time * 1000,
                position: intake.now)
        }
    }

    private static func end(_ error: JSONValue) -> SwiftwaterError {
        let words = ["title", "disconnect_type", "detail"].compactMap { error[$0]?.string }
        return SwiftwaterError(
            .network,
            "the service ends the connection: "
                + TerminalText.safe(String(words.joined(separator: ", ").prefix(300))))
    }
}
