import SwiftwaterCore
import SwiftwaterFormats
import Testing

/// Server-sent events, whatever the pieces they come in.
@Suite struct ServerSentEventsTests {
    private func read(_ text: String, by piece: Int, limit: Int = 1000) -> [String] {
        var events = ServerSentEvents(eventMaxBytes: limit)
        var found: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            Array(rest.prefix(piece)).withUnsafeBytes { bytes in
                events.take(bytes) { item in
                    switch item {
                    case .event(let name, let data): found.append("\(name)=\(String(decoding: data, as: UTF8.self))")
                    case .tooLong(let bytes): found.append("too long: \(bytes)")
                    }
                }
            }
            rest = rest.dropFirst(piece)
        }
        return found
    }

    @Test(arguments: ["\n", "\r", "\r\n"], [1, 2, 3, 1000])
    func linesEndInThreeWays(end: String, piece: Int) {
        let lines = [
            ":thump", "", "event: update", "data: {\"a\":1}", "", "data", "", "data:x", "data: y", "data:  z", "id: 7",
            "retry: 10", "colour: red", "", "event: delete", "", "event:delete", "data:12", "", "data: never ended",
        ]
        let found = read(lines.map { $0 + end }.joined(), by: piece)
        // An event without data is none, and one that the stream's end cuts off, too.
        #expect(found == ["update={\"a\":1}", "message=", "message=x\ny\n z", "delete=12"])
        #expect(read("\u{FEFF}data: a" + end + end, by: piece) == ["message=a"])
    }

    @Test(arguments: [1, 5, 1000]) func longEventsAreLeftOut(piece: Int) {
        let line = "data: " + String(repeating: "x", count: 60) + "\n"
        let text = "data: before\n\n" + line + line + "event: much\n\ndata: after\n\n"
        // The data of the first line, and the two lines after it.
        let dropped = 60 + 66 + 11
        #expect(read(text, by: piece, limit: 100) == ["message=before", "too long: \(dropped)", "message=after"])
        let long = "data: a\n\ndata: " + String(repeating: "y", count: 500) + "\ndata: b\n\ndata: c\n\n"
        let found = read(long, by: piece, limit: 100)
        #expect(found.count == 3 && found[0] == "message=a" && found[2] == "message=c")
        #expect(found[1].hasPrefix("too long: 5"), "\(found)")
        #expect(read("data: " + String(repeating: "z", count: 99) + "\n\n", by: piece, limit: 100).count == 1)
    }
}
