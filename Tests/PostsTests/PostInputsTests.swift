import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import TestSupport
import Testing

/// Files of posts as services and people write them (`Tests/Fixtures/inputs`), and variants of each.
@Suite struct PostInputsTests {
    private struct Seen: Equatable {
        var text = ""
        var tags: [String]?
        var author = ""
        var time: Int64?
        var deleted: String?
    }

    private struct Outcome {
        var seen: [Seen] = []
        var errors: [String] = []
        var tags: [[String]?] { seen.map(\.tags) }
        var texts: [String] { seen.map(\.text) }
    }

    private func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var plain: [UInt8] = []
        JSONEscapes.resolve(bytes, into: &plain)
        return String(decoding: plain, as: UTF8.self)
    }

    /// Reads text line by line as trends do.
    private func read(_ text: some Collection<UInt8>) -> Outcome {
        var (reader, view, outcome) = (PostReader(), PostView(), Outcome())
        func take() {
            switch view.kind {
            case .control: break
            case .deletion: outcome.seen.append(Seen(deleted: string(view.id)))
            case .post:
                outcome.seen.append(
                    Seen(
                        text: view.text, tags: view.tags?.map(string), author: string(view.author), time: view.time))
            }
        }
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            Array(line).withUnsafeBufferPointer { bytes in
                do { if try reader.read(bytes, into: &view) { take() } } catch { outcome.errors.append("\(error)") }
                while reader.hasMore {
                    do { if try reader.next(into: &view) { take() } } catch { outcome.errors.append("\(error)") }
                }
            }
        }
        do { try reader.finish() } catch { outcome.errors.append("\(error)") }
        return outcome
    }

    private func read(_ text: String) -> Outcome { read(Array(text.utf8)) }

    private func file(_ name: String) throws -> Outcome {
        read(try Array(Data(contentsOf: URL(fileURLWithPath: PackageFolder.root + "Tests/Fixtures/inputs/" + name))))
    }

    private func relayed(_ name: String) throws -> [String] {
        var relay = Relay()
        let path = PackageFolder.root + "Tests/Fixtures/inputs/" + name
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        return lines.flatMap { relay.take(Text(String($0)), source: name) }.map(\.line)
    }

    @Test func escapesAndProfiles() throws {
        let found = try file("twitter-v1-escapes-and-profile.ndjson")
        #expect(found.texts == ["café day #café 日本 #日本", "two #café", "plain #lake"])
        #expect(found.tags == [nil, nil, nil] && found.errors.isEmpty)
    }

    /// A retweet has the text and the tags of the original in full.
    @Test func retweetsAreWhole() throws {
        let found = try file("twitter-v1-retweets-cut.ndjson")
        #expect(found.errors.isEmpty && found.seen.count == 1)
        #expect(found.texts[0].hasPrefix("RT @walker: A very long story") && !found.texts[0].contains("…"))
        #expect(found.tags[0]?.isEmpty == false)
        #expect(found.seen[0].author == "503")
        #expect(try relayed("twitter-v1-retweets-cut.ndjson") == found.texts)
        // Without a prefix, with the tags of a long original, and with an original that was itself cut.
        let others = read(
            ##"""
            {"text":"cut…","user":{"id":1},"retweeted_status":{"text":"whole #a","entities":{"hashtags":[{"text":"a"}]}}}
            {"full_text":"RT @b: cut…","retweeted_status":{"text":"c…","extended_tweet":{"full_text":"all #b","entities":{"hashtags":[{"text":"b"}]}}}}
            {"text":"RT @b: cut #c…","retweeted_status":null,"entities":{"hashtags":[]}}
            """##)
        #expect(others.texts == ["whole #a", "RT @b: all #b", "RT @b: cut #c…"])
        #expect(others.tags == [["a"], ["b"], []])
    }

    @Test func longPostsOfX() throws {
        let found = try file("x-v2-note-tweet.ndjson")
        #expect(found.errors.isEmpty && found.seen.count == 1 && !found.texts[0].hasSuffix("…"))
        #expect(HashtagExtractor().hashtags(in: Text(found.texts[0])).isEmpty == false)
        let retweet = read(
            ##"{"data":{"id":"1","text":"RT @w: A very…","author_id":"9","referenced_tweets":[{"type":"retweeted","id":"7"}]},"includes":{"tweets":[{"id":"7","text":"A ve…","note_tweet":{"text":"A very long #story","entities":{"hashtags":[{"tag":"story"}]}}}]}}"##
        )
        #expect(retweet.texts == ["RT @w: A very long #story"] && retweet.tags == [["story"]])
    }

    @Test func pagesOfX() throws {
        let page = try file("x-v2-page.ndjson")
        #expect(page.texts == ["one #hilltop", "two #hilltop #sunset"] && page.errors.isEmpty)
        #expect(page.seen.map(\.author) == ["9", "9"])
        let flat = try file("x-v2-flattened.ndjson")
        #expect(flat.texts == ["flat #hilltop", "flat2 #hilltop"] && flat.tags == [nil, ["hilltop"]])
        #expect(flat.seen.map(\.author) == ["9", "9"] && flat.seen.allSatisfy { $0.time == 1_795_435_201_000 })
        // Errors beside data do not hide it, and a post without text does not hide the others.
        let partial = read(
            ##"{"data":[{"id":"1","text":"#a"},{"id":"2"}],"errors":[{"title":"Not Found"}]}"## + "\n"
                + ##"{"statuses":[{"text":"#b","user":{"id":3}}],"search_metadata":{}}"##)
        #expect(partial.texts == ["#a", "#b"] && partial.errors.count == 1)
    }

    @Test func listsAndPrettyPrintedJSON() throws {
        let texts = ["one #lake", "two #lake #river", "three #lake"]
        #expect(try file("posts-array-one-line.json").texts == texts)
        let pretty = try file("posts-pretty.json")
        #expect(pretty.texts == Array(texts.prefix(2)) && pretty.errors.isEmpty)
        for form in [
            "[\n{\"text\":\"a\"},\n{\"text\":\"b\"}\n]\n", "[{\n \"text\": \"a\"\n}, {\n \"text\": \"b\"\n}]",
            "[\n  {\n    \"text\": \"a\"\n  },\n  {\n    \"text\": \"b\"\n  }\n]",
            "window.YTD.tweets.part0 = [\n {\n \"tweet\" : {\n \"full_text\" : \"a\"\n }\n },\n {\n \"tweet\" : {\n \"full_text\" : \"b\"\n }\n }\n]",
            "{\n\"data\": [\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n],\n\"meta\": {}\n}",
        ] {
            let found = read(form)
            #expect(found.texts == ["a", "b"] && found.errors.isEmpty, "\(form): \(found)")
        }
    }

    /// A document that does not go on costs itself, and no line after it.
    @Test func brokenDocumentsLoseNothingElse() {
        let found = read("{\n#a is a post\n{\n\"text\": \"x\n{\"text\":\"#b\"}\n[live] #c\n{")
        #expect(found.texts == ["#a is a post", "#b", "[live] #c"])
        #expect(found.errors.count == 3)
        let cut = read("{\n\"id\": 1,\n\"text\": \"x\n\"lang\": \"en\",\n}\n#b")
        #expect(cut.texts == ["#b"] && cut.errors.count == 1)
    }

    @Test func byteOrderMarks() throws {
        #expect(try file("bom.ndjson").texts == ["one #lake", "two #lake", "three #river"])
        #expect(read("\u{FEFF}#lake").texts == ["#lake"])
    }

    /// A boost has the time and the account of who boosts.
    @Test func boosts() throws {
        let found = try file("mastodon-boosts.ndjson")
        let boosts = found.seen.filter { $0.tags == ["lakes"] }
        #expect(found.errors.isEmpty && boosts.count == 7 && found.seen.count == 13)
        #expect(boosts.map(\.author) == (100...106).map { "\($0)" })
        #expect(boosts.map { ($0.time! - 1_795_435_200_000) / 1000 } == (0...6).map { 90 + 60 * Int64($0) })
    }

    @Test func streamsOfMastodon() throws {
        let socket = try file("mastodon-websocket.ndjson")
        #expect(socket.seen.map(\.deleted) == [nil, "3011", nil] && socket.errors.isEmpty)
        #expect(socket.tags[0] == ["rivers"] && socket.texts[0] == "new #rivers")
        let events = try file("mastodon-sse.txt")
        #expect(events.errors.isEmpty && events.seen.map(\.deleted) == [nil, "3011"])
        #expect(events.texts[0] == "new #rivers" && events.seen[0].author == "81")
        // Text that only looks like it is text.
        #expect(read("event: party #x\ndata: 5 #y\n: note").texts == ["event: party #x", "data: 5 #y", ": note"])
    }

    @Test func tagsOfBluesky() throws {
        let found = try file("bluesky-tags.ndjson")
        #expect(found.errors.isEmpty)
        #expect(found.tags == [[], ["lake"], ["lake", "river"], ["lake"], ["lake"]])
        let view = read(
            ##"{"posts":[{"uri":"at://did:plc:a/app.bsky.feed.post/k","author":{"did":"did:plc:a","handle":"a.example"},"record":{"$type":"app.bsky.feed.post","text":"x","createdAt":"2026-11-23T12:00:00Z","tags":["one","two"]}}]}"##
        )
        #expect(view.tags == [["one", "two"]] && view.seen[0].author == "did:plc:a")
    }

    @Test func timesOfManyForms() throws {
        let found = try file("times-many-forms.ndjson")
        // Post 14 is in a leap second, which is the first of the next minute.
        let expected = (1...found.seen.count).map { $0 == 14 ? 60 : Int64($0) }
        #expect(found.seen.map { $0.time! / 1000 - 1_795_435_200 } == expected)
    }

    /// `#Le…` at the end of a retweet is the beginning of some tag.
    @Test func cutTagsDoNotCount() {
        func tags(_ text: String) -> [String] { HashtagExtractor().hashtags(in: Text(text)).map { String($0) } }
        #expect(tags("RT @ana: by the #lake and #Le…") == ["lake"])
        #expect(tags("by the #lake and #Le…") == ["lake", "Le"])
        #expect(tags("RT @ana: #Le… and more") == ["Le"])
    }

    /// What Python writes for numbers that are none is no reason to lose a post, for the relay neither.
    @Test func numbersThatPythonWrites() {
        let line = ##"{"text":"#a","x":NaN,"y":{"z":[-Infinity,Infinity]},"retweeted_status":null,"user":{"id":1}}"##
        var relay = Relay()
        #expect(read(line).texts == ["#a"] && relay.take(Text(line), source: "f").map(\.line) == ["#a"])
        #expect(relay.take(##"{"text":"#a","x":nothing}"##, source: "f").isEmpty && relay.counts.malformed == 1)
    }
}
