/// Events as Jetstream sends them, by number: made up, in the documented form.
public enum JetstreamEvents {
    /// The server's time of an event in microseconds since 1970: one comes each 20 ms.
    public static func time(_ number: Int) -> Int { 1_790_000_000_000_000 + number * 20_000 }

    /// A post with one tag of seven, and one of its own.
    public static func post(_ number: Int) -> String { post(number, text: "#k\(number % 7) #id\(number)") }

    /// A post with a text, which needs no escapes.
    public static func post(_ number: Int, text: String) -> String {
        let time = time(number)
        let commit =
            "\"rev\":\"r\(number)\",\"operation\":\"create\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\(number)\""
        let record =
            "{\"$type\":\"app.bsky.feed.post\",\"createdAt\":\"2026-09-21T14:13:20.000Z\",\"langs\":[\"en\"],"
            + "\"text\":\"\(text)\"}"
        return
            "{\"did\":\"did:plc:author\(number % 13)\",\"time_us\":\(time),\"kind\":\"commit\",\"commit\":{\(commit),"
            + "\"record\":\(record),\"cid\":\"c\(number)\"}}"
    }

    /// An event that is not a post.
    public static func identity(_ number: Int) -> String {
        "{\"did\":\"did:plc:author\",\"time_us\":\(time(number)),\"kind\":\"identity\",\"identity\":{\"did\":\"did:plc:author\","
            + "\"handle\":\"a.example\",\"seq\":\(number),\"time\":\"2026-09-21T14:13:20.000Z\"}}"
    }
}
