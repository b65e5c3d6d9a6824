import SwiftwaterCore
import SwiftwaterPosts
import Testing

@Suite struct PostParserTests {
    private func parse(_ line: String) throws -> PostLine {
        let found = try PostParser().parse(Text(line))
        return try #require(found.count == 1 ? found.first : nil)
    }

    @Test func plainLines() throws {
        #expect(try parse("just text #tag") == .post(Post(text: "just text #tag")))
        #expect(try parse("") == .control("empty line"))
    }

    @Test func twitterVersion1() throws {
        let line = #"""
            {"created_at":"Mon Nov 23 12:00:00 +0000 2026","id":1,"id_str":"1","text":"caf\u00e9 &amp; #Corona\nnext","user":{"id":5,"name":"Ana","location":"Lisbon"},"entities":{"hashtags":[{"text":"Corona","indices":[0,0]}]},"lang":"en"}
            """#
        let expected = Post(
            id: "1", text: "café & #Corona\nnext", createdAt: "Mon Nov 23 12:00:00 +0000 2026", authorID: "5",
            authorName: "Ana",
            location: "Lisbon", language: "en", hashtags: ["Corona"])
        #expect(try parse(line) == .post(expected))
        #expect(expected.singleLine == "café & #Corona next")
        let long =
            #"{"text":"short…","user":{"name":"x"},"extended_tweet":{"full_text":"the whole text #b","entities":{"hashtags":[{"text":"b"}]}}}"#
        guard case .post(let post) = try parse(long) else { Issue.record("no post"); return }
        #expect(post.text == "the whole text #b")
        #expect(post.hashtags == ["b"])
    }

    @Test func xVersion2() throws {
        let line = #"""
            {"data":{"id":"9","text":"hi #x","author_id":"7","created_at":"2026-11-23T12:00:00.000Z","entities":{"hashtags":[{"start":3,"end":5,"tag":"x"}]}},"includes":{"users":[{"id":"6","name":"Other"},{"id":"7","name":"Bo","location":"Osaka"}]},"matching_rules":[{"id":"1"}]}
            """#
        #expect(
            try parse(line)
                == .post(
                    Post(
                        id: "9", text: "hi #x", createdAt: "2026-11-23T12:00:00.000Z", authorID: "7", authorName: "Bo",
                        location: "Osaka", hashtags: ["x"])))
        #expect(try parse(#"{"errors":[{"title":"operational-disconnect"}]}"#) == .control("errors"))
    }

    @Test func blueskyJetstream() throws {
        let create = #"""
            {"did":"did:plc:a","time_us":1,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{"text":"good #morning","createdAt":"2026-11-23T12:00:00Z","langs":["en"],"facets":[{"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"morning"}]}]}}}
            """#
        #expect(
            try parse(create)
                == .post(
                    Post(
                        id: "did:plc:a/k", text: "good #morning", createdAt: "2026-11-23T12:00:00Z",
                        authorID: "did:plc:a",
                        authorName: "did:plc:a", language: "en", hashtags: ["morning"])))
        let delete =
            #"{"did":"did:plc:a","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"k"}}"#
        #expect(try parse(delete) == .deletion(id: "did:plc:a/k"))
        #expect(try parse(#"{"did":"did:plc:a","kind":"identity"}"#) == .control("identity"))
    }

    @Test func mastodon() throws {
        let line = #"""
            {"id":"5","created_at":"2026-11-23T12:00:00.000Z","content":"<p>Hello &lt;world&gt; <a href=\"x\">#<span>tag</span></a><br>two</p><p>three</p>","language":"de","tags":[{"name":"tag","url":"u"}],"account":{"id":"3","acct":"ana@example.org","display_name":"Ana"},"reblog":null}
            """#
        #expect(
            try parse(line)
                == .post(
                    Post(
                        id: "5", text: "Hello <world> #tag\ntwo\nthree", createdAt: "2026-11-23T12:00:00.000Z",
                        authorID: "3",
                        authorName: "Ana", language: "de", hashtags: ["tag"])))
    }

    @Test func whatIsNoPost() throws {
        #expect(try parse(#"{"limit":{"track":5}}"#) == .control("limit"))
        #expect(try parse(#"{"delete":{"status":{"id":7,"id_str":"7"}}}"#) == .deletion(id: "7"))
        for bad in ["{", "{\"a\":1}", "{\"text\":\"x\""] { #expect(throws: SwiftwaterError.self) { try parse(bad) } }
    }
}

@Suite struct RelayTests {
    @Test func trackedWordsAreWholeTokensInAnyCase() {
        let filter = TrackFilter(["corona"])
        for text in ["#corona", "CORONA now", "about Corona.", "x #Corona!"] {
            #expect(filter.matches(text), "\(text)")
        }
        for text in ["coronavirus", "#coronavirus", "corona_x", "", "coro na"] {
            #expect(!filter.matches(text), "\(text)")
        }
        #expect(TrackFilter([]).matches("anything"))
        #expect(TrackFilter(["world cup", "ÉTÉ"]).matches("the cup of the World"))
        #expect(TrackFilter(["world cup", "ÉTÉ"]).matches("un été"))
        #expect(!TrackFilter(["world cup"]).matches("the world"))
        let texts = ["Corona!", "corona", "#corona now", "CORONA,virus", "coronavirus"]
        func kept(_ word: String, _ isExact: Bool) -> [Bool] {
            texts.map { TrackFilter([word], isExact: isExact).matches($0) }
        }
        #expect(kept("corona", false) == [true, true, true, true, false])
        #expect(kept("#corona", false) == [true, true, true, true, false])
        #expect(kept("corona", true) == [true, true, false, true, false])
        #expect(kept("#Corona", true) == [false, false, true, false, false])
    }

    @Test func linesAreCountedAndShownSafely() {
        var relay = Relay(track: TrackFilter(["corona"]))
        #expect(relay.take("#corona here", source: "f").count == 1)
        #expect(relay.take("nothing", source: "f").isEmpty)
        #expect(relay.take("{broken", source: "f").isEmpty)
        #expect(relay.take("", source: "f").isEmpty)
        #expect(relay.counts.lines == 4)
        #expect(relay.counts.relayed == 1)
        #expect(relay.counts.untracked == 1)
        #expect(relay.counts.malformed == 1)
        #expect(relay.counts.controls == 1)
        #expect(relay.samples.first?.location?.file == "f")
        #expect(relay.samples.first?.location?.line == 3)
        #expect(relay.take(##"{"text":"two\nlines corona"}"##, source: "f").first?.line == "two lines corona")
        #expect(relay.take(##"{"delete":{"status":{"id_str":"7"}}}"##, source: "f").isEmpty)
        var whole = Relay(track: TrackFilter(["corona"]), format: .posts)
        #expect(whole.take("nothing", source: "f").isEmpty)
        #expect(whole.take("#corona", source: "f").first?.line == ##"{"swiftwater":"post","text":"#corona"}"##)
        let deletion = whole.take(##"{"delete":{"status":{"id_str":"7"}}}"##, source: "f").first
        #expect(deletion?.line == ##"{"swiftwater":"deletion","id":"7"}"## && deletion?.post == nil)
        #expect(whole.counts.relayed == 1 && whole.counts.deletions == 1)
        let post = Post(text: "a\r\nb\u{1B}[2J", createdAt: "now", authorName: "Ana\u{7}", location: "Lisbon")
        #expect(Relay.display(post) == "a  b\\u{1b}[2J  [now | Ana\\u{7} | Lisbon]")
    }
}
