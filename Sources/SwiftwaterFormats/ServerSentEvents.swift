/// Reads server-sent events from a stream of bytes in pieces of any size, as the HTML standard says: lines end with LF,
/// CR or both, a line that begins with `:` is a comment, and an empty line ends an event.
package struct ServerSentEvents: Sendable {
    /// What came.
    package enum Item {
        /// An event with its data, valid during the call. The name is `message` if there is none.
        case event(name: String, data: UnsafeRawBufferPointer)
        /// An event that was too long, and was left out.
        case tooLong(bytes: Int)
    }

    private let eventMaxBytes: Int
    private var line: [UInt8] = []
    private var lineBytes = 0
    private var data: [UInt8] = []
    private var name = ""
    private var hasData = false
    /// The bytes of an event that is too long, so far.
    private var dropped = 0
    private var isAfterCR = false
    private var isFirst = true

    /// Creates a reader.
    ///
    /// - Parameter eventMaxBytes: the longest data of an event.
    package init(eventMaxBytes: Int) { self.eventMaxBytes = eventMaxBytes }

    /// Takes the next bytes. O(bytes); keeps two events' bytes at most.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (Item) -> Void) {
        var start = 0
        while start < bytes.count {
            if isAfterCR {
                isAfterCR = false
                if bytes[start] == 0x0A {
                    start += 1
                    continue
                }
            }
            let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            add(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            guard end < bytes.count else { return }
            isAfterCR = bytes[end] == 0x0D
            start = end + 1
            endLine(body)
        }
    }

    private mutating func add(_ part: UnsafeRawBufferPointer) {
        lineBytes += part.count
        // A line is longer than its data by the name of its field.
        if dropped > 0 || line.count + part.count > eventMaxBytes + 16 {
            drop(part.count)
        } else {
            line.append(contentsOf: part)
        }
    }

    private mutating func drop(_ count: Int) {
        dropped += line.count + data.count + count
        line.removeAll(keepingCapacity: true)
        data.removeAll(keepingCapacity: true)
    }

    private mutating func endLine(_ body: (Item) -> Void) {
        defer {
            line.removeAll(keepingCapacity: true)
            (lineBytes, isFirst) = (0, false)
        }
        guard lineBytes > 0 else { return endEvent(body) }
        guard dropped == 0 else { return }
        if isFirst, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        let colon = line.firstIndex(of: 0x3A) ?? line.count
        var value = line[min(colon + 1, line.count)...]
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value.prefix(200), as: UTF8.self)
        case "data":
            guard data.count + value.count < eventMaxBytes else { return drop(0) }
            if hasData { data.append(0x0A) }
            data.append(contentsOf: value)
            hasData = true
        default: break
        }
    }

    private mutating func endEvent(_ body: (Item) -> Void) {
        if dropped > 0 {
            body(.tooLong(bytes: dropped))
        } else if hasData {
            data.withUnsafeBytes { body(.event(name: name.isEmpty ? "message" : name, data: $0)) }
        }
        data.removeAll(keepingCapacity: true)
        (name, hasData, dropped) = ("", false, 0)
    }
}
