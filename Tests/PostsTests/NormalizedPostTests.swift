import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import Testing

/// The form in which the relay sends whole posts.
@Suite struct NormalizedPostTests {
    private static let lines: [String] = [
        ##"{"created_at":"Mon Nov 23 12:00:00 +0000 2026","id_str":"7","text":"a &amp; \"b\"\nline #c","user":{"id_str":"9","name":"Ana","location":"Lisbon"},"lang":"pt","entities":{"hashtags":[{"text":"c"}]}}"##,
        ##"{"data":{"id":"8","text":"#x","author_id":"3","created_at":"2026-11-23T12:00:00.120Z"},"includes":{"users":[{"id":"3","name":"Bo"}]}}"##,
        ##"{"did":"did:plc:a","kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"k1","record":{"text":"sky #x","createdAt":"2026-11-23T14:00:00+02:00","langs":["en"]}}}"##,
        ##"{"did":"did:plc:a","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"k1"}}"##,
        ##"{"id":"55","content":"<p>toot #été</p>","created_at":"2026-11-23T12:00:00.000Z","account":{"id":"4","acct":"cé"},"tags":[{"name":"été"}]}"##,
        ##"{"delete":{"status":{"id":7,"id_str":"7"}}}"##,
        "plain \u{1F389} text #tag", "with \\ and \u{7F}",
    ]

    @Test func normalizedLinesSayTheSame() throws {
        let parser = PostParser()
        for line in Self.lines {
            let before = try #require(try parser.parse(Text(line)).first)
            let text = try #require(before.normalized)
            #expect(!text.contains("\n"))
            let after = try #require(try parser.parse(Text(text)).first)
            guard case .post(let old) = before, case .post(let new) = after else {
                #expect(before == after)
                continue
            }
            var expected = old
            if old.createdAt != nil { expected.createdAt = "2026-11-23T12:00:00.\(old.id == "8" ? "120" : "000")Z" }
            #expect(new == expected)
            #expect(after.normalized == text)
        }
    }

    /// Trends see the same id, author, time and tags in a line of a service as in the line of the relay.
    @Test func theReaderSeesTheSame() throws {
        var (reader, view) = (PostReader(), PostView())
        func seen(_ line: String) throws -> [String] {
            var line = line
            return try line.withUTF8 { bytes in
                guard try reader.read(bytes, into: &view) else { return [] }
                return [
                    "\(view.kind)", view.kind == .post ? view.text : "", "\(view.id.isEmpty ? 0 : view.idHash)",
                    String(decoding: view.author, as: UTF8.self), "\(view.time ?? -1)",
                    view.tags.map { $0.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",") } ?? "none",
                ]
            }
        }
        for line in Self.lines {
            let text = try #require(try PostParser().parse(Text(line)).first?.normalized)
            #expect(try seen(text) == seen(line))
        }
    }

    @Test func examplesOfTheFormat() throws {
        let post = Post(
            id: "1", text: "a\nb", createdAt: "Mon Nov 23 12:00:00 +0000 2026", authorID: "2", hashtags: ["t"])
        #expect(
            PostLine.post(post).normalized
                == ##"{"swiftwater":"post","id":"1","text":"a\nb","createdAt":"2026-11-23T12:00:00.000Z","author":{"id":"2"},"hashtags":["t"]}"##
        )
        #expect(PostLine.post(Post(text: "a")).normalized == ##"{"swiftwater":"post","text":"a"}"##)
        #expect(PostLine.control("limit").normalized == nil)
        let unknown = #expect(throws: SwiftwaterError.self) {
            try PostParser().parse(##"{"swiftwater":"poll","id":"1"}"##)
        }
        #expect(unknown?.description.contains("poll") == true)
    }
}
