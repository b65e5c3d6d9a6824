import SwiftwaterFormats
import SwiftwaterPosts

extension FuzzChecks {
    /// Reads bytes as an event of Jetstream: it is read, or rejected with an error. What is also JSON, with unique
    /// names and without escapes in them, has the same time there, and one that lacks `did` or `time_us` is rejected.
    public static func events(_ bytes: [UInt8]) {
        serverSent(bytes)
        let event = try? bytes.withUnsafeBufferPointer { try JetstreamEvent(parsing: $0) }
        guard String(validating: bytes, as: UTF8.self) != nil, hasUniqueNames(bytes),
            let json = try? bytes.withUnsafeBufferPointer({ try JSONValue(parsing: $0) }), !bytes.contains(0x5C)
        else { return }
        let isWhole = json["did"]?.string != nil && (json["time_us"]?.integer ?? 0) > 0
        precondition((event != nil) == isWhole, "it is \(event == nil ? "rejected" : "read"), and JSON says otherwise")
        guard let event else { return }
        precondition(event.time == json["time_us"]?.integer, "the time is \(event.time)")
        precondition((event.kind == .commit) == (json["kind"]?.string == "commit"), "the kind is \(event.kind)")
    }

    /// Reads bytes as server-sent events: what they are does not depend on the pieces in which they come.
    private static func serverSent(_ bytes: [UInt8]) {
        func read(_ piece: Int) -> [String] {
            var (events, found) = (ServerSentEvents(eventMaxBytes: 100), [String]())
            var rest = bytes[...]
            while !rest.isEmpty {
                Array(rest.prefix(piece)).withUnsafeBytes { part in
                    events.take(part) { item in
                        switch item {
                        case .event(let name, let data):
                            precondition(data.count <= 100, "an event of \(data.count) bytes")
                            found.append("\(name): \(data.map(Int.init))")
                        case .tooLong: found.append("too long")
                        }
                    }
                }
                rest = rest.dropFirst(piece)
            }
            return found
        }
        let whole = read(.max)
        for piece in [1, 7] { precondition(read(piece) == whole, "pieces of \(piece) bytes give other events") }
    }
}
