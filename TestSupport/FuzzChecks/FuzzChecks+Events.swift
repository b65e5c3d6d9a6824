import SwiftwaterFormats
import SwiftwaterPosts

extension FuzzChecks {
    /// Reads bytes as an event of Jetstream: it is read, or rejected with an error. What is also JSON, with unique
    /// names and without escapes in them, has the same time there, and one that lacks `did` or `time_us` is rejected.
    public static func events(_ bytes: [UInt8]) {
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
}
