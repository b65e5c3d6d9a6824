import FuzzChecks
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import Testing

/// The in-place reader agrees with the parser, which reads everything.
@Suite struct PostReaderTests {
    /// A line of one of the shapes, with difficult content.
    private func line(_ random: inout SeededRandom) -> String {
        func one(_ choices: [String]) -> String { choices[random.below(choices.count)] }
        let string = {
            (_ random: inout SeededRandom) in
            (0..<random.below(12)).map { _ in
                [
                    "a", "é", "#tag", " ", #"\n"#, #"\""#, #"\\"#, #"\u00e9"#, #"\ud83d\ude00"#, "&amp;", "<br>", "日",
                    "{", "]", #"\/"#,
                ][
                    random.below(15)]
            }.joined()
        }
        let extra = one([
            "", #""x":{"a":[1,{"b":"}\"]"}],"c":"\\"},"#, #""retweeted":null,"#, #""list":[[],[{}],"]"],"#,
            #""n":-1.5e3,"#,
        ])
        let tags = one([
            "[]", #"[{"text":"One","indices":[0,3]},{"text":"caf\u00e9"}]"#, #"[{"indices":[1],"text":"b"}]"#,
        ])
        let time = one([
            #""Mon Nov 23 12:00:00 +0000 2026""#, #""2026-11-23T12:00:00.123Z""#, #""2026-11-23T12:00:00+02:00""#,
        ])
        let text = string(&random)
        let space = one(["", " "])
        switch random.below(10) {
        case 8:
            let cut = one(["RT @ana: \(text)", "RT @ana_5:\(text)", text, #"RT \u0040ana: x"#])
            return
                #"{"created_at":\#(time),"id":18,"text":"\#(cut)","user":{"id":6},"entities":{"hashtags":[]},\#(extra)"retweeted_status":{"id":4,"text":"\#(string(&random))","entities":{"hashtags":\#(tags)},"user":{"id":9}\#(one(["", #","full_text":"whole #é""#, #","extended_tweet":{"full_text":"even \u00e9","entities":{"hashtags":[]}}"#]))}}"#
        case 9:
            return
                #"{"id":"20","text":"\#(text)","author_id":\#(one(["\"7\"", "7"])),\#(extra)"created_at":\#(time),"entities":\#(one([#"{"hashtags":[{"start":1,"tag":"x"}]}"#, "{}", "null"]))\#(one(["", #","referenced_tweets":[{"type":"retweeted","id":"3","text":"other #t"}]"#, #","note_tweet":{"text":"long \#(text)"}"#, #","author":{"id":"8"}"#]))}"#
        case 0, 1, 2:
            let extended = one([
                "",
                #""extended_tweet":{"display":[0,1],"full_text":"\#(string(&random))","entities":{"hashtags":\#(tags)}},"#,
            ])
            return
                #"{"created_at":\#(time),\#(space)"id":17,"id_str":"17",\#(extra)"text":\#(space)"\#(text)",\#(extended)"user":{"id":5,"name":"\#(string(&random))","id_str":"5"},"entities":{"urls":[],"hashtags":\#(tags)}}"#
        case 3:
            let facets = one([
                "",
                #","facets":[{"index":{"byteStart":0},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"t"},{"$type":"app.bsky.richtext.facet#link","uri":"u"}]}]"#,
            ])
            return
                #"{"did":"did:plc:a","time_us":1,\#(extra)"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{"text":"\#(text)","createdAt":\#(time)\#(facets)}}}"#
        case 4:
            return
                #"{"id":"5",\#(extra)"created_at":\#(time),"content":"<p>\#(text)</p>","tags":[{"name":"tag","url":"u"}],"account":{"id":"3","acct":"ana"},"reblog":\#(one(["null", #"{"content":"boosted","account":{"id":"8"}}"#]))}"#
        case 5:
            return
                #"{"data":{"id":"9","text":"\#(text)","author_id":"7","created_at":\#(time),"entities":{"hashtags":[{"tag":"x"}]}}}"#
        case 6:
            return one([
                #"{"delete":{"status":{"id":7,"id_str":"7"},"timestamp_ms":"5"}}"#, #"{"limit":{"track":5}}"#,
                #"{"did":"did:plc:a","kind":"identity"}"#,
                #"{"did":"did:plc:a","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"k"}}"#,
                #"{"did":"did:plc:a","kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.like","rkey":"k"}}"#,
                "", "plain #text", #"{"text":"only \#(text)"}"#, #"{"full_text":"\#(text)","text":"short","id":3}"#,
            ])
        default: return #"{ "text" : "\#(text)" , \#(extra) "user":{} , "id" : 12 }"#
        }
    }

    @Test(arguments: 0..<20)
    func theReaderSaysWhatTheParserSays(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 1)
        for _ in 0..<500 {
            var bytes = Array(line(&random).utf8)
            let (found, expected) = (try PostReading(reading: bytes), try PostReading(parsing: bytes))
            #expect(found == expected, "\(String(decoding: bytes, as: UTF8.self))")
            // If the parser accepts a damaged line, the reader reads it in the same way.
            guard !bytes.isEmpty else { continue }
            switch random.below(3) {
            case 0: bytes.remove(at: random.below(bytes.count))
            case 1: bytes[random.below(bytes.count)] = Array(#"{}[]",:\a0 "#.utf8)[random.below(11)]
            default: bytes.removeLast(random.below(bytes.count))
            }
            guard var parsed = try? PostReading(parsing: bytes), String(validating: bytes, as: UTF8.self) != nil else {
                continue
            }
            var damaged = try? PostReading(reading: bytes)
            // The damage may have made the time invalid.
            parsed.hasTime = false
            damaged?.hasTime = false
            #expect(damaged == parsed, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test(
        arguments: [
            ("Mon Nov 23 12:00:00 +0000 2026", 1_795_435_200_000), ("2026-11-23T12:00:00.123Z", 1_795_435_200_123),
            ("2026-11-23T14:00:00+02:00", 1_795_435_200_000), ("2026-11-23T12:00:00Z", 1_795_435_200_000),
            ("2000-02-29T00:00:00.5Z", 951_782_400_500), ("1969-12-31T23:59:59Z", -1000),
            ("1795435200000", 1_795_435_200_000), ("1795435200", 1_795_435_200_000),
            ("1795435200.5", 1_795_435_200_500),
            ("1795435200000000", 1_795_435_200_000), ("1795435200000000000", 1_795_435_200_000),
            ("2026-11-23T12:00:00", 1_795_435_200_000), ("2026-11-23 12:00", 1_795_435_200_000),
            ("2026-11-23T14:00:00+0200", 1_795_435_200_000), ("2026-11-23T12:00:00,25Z", 1_795_435_200_250),
            ("2026-11-23T11:59:60Z", 1_795_435_200_000), ("2026-11-23", 1_795_392_000_000),
            ("2026/11/23 12:00:00 UTC", 1_795_435_200_000), ("Mon, 23 Nov 2026 12:00:00 GMT", 1_795_435_200_000),
            ("Mon Nov 23 07:00:00 -0500 2026", 1_795_435_200_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("Mon Apr 06 22:19:45 PDT 2009", 1_239_081_585_000), ("Mon, 23 Nov 2026 07:00:00 EST", 1_795_435_200_000),
            ("Mon, 23 Nov 2026 06:00:00 CST", 1_795_435_200_000), ("2026-11-23 06:00:00 MDT", 1_795_435_200_000),
        ] as [(String, Int64)])
    func timesAreRead(text: String, expected: Int64) throws {
        let line = Array(#"{"text":"x","created_at":"\#(text)"}"#.utf8)
        var (reader, view) = (PostReader(), PostView())
        _ = try line.withUnsafeBufferPointer { try reader.read($0, into: &view) }
        #expect(view.time == expected)
    }

    @Test func timesThatAreNoneAreNone() throws {
        for text in [
            "", "yesterday", "2026-13-23T12:00:00Z", "2026-02-29T12:00:00Z", "2026-11-23T25:00:00Z",
            "Mon Xxx 23 12:00:00 +0000 2026",
        ] {
            let line = Array(#"{"text":"x","created_at":"\#(text)"}"#.utf8)
            var (reader, view) = (PostReader(), PostView())
            _ = try line.withUnsafeBufferPointer { try reader.read($0, into: &view) }
            #expect(view.time == nil, "\(text)")
        }
    }
}
