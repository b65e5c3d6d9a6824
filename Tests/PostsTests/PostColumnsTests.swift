import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import TestSupport
import Testing

@Suite struct PostColumnsTests {
    private let folder = try! TemporaryDirectory()

    private func read(
        _ name: String, _ text: String, _ columns: PostColumns, encoding: TextEncoding = .utf8
    ) throws -> (posts: [Post], warnings: [String]) {
        let path = try folder.write(name, text)
        var reader = try BlockReader(path: path, format: TextFileFormat(posts: columns, encoding: encoding))
        var posts: [Post] = []
        while let block = try reader.next() {
            try block.forEachLine { line in
                for case .post(let post) in try PostParser().parse(Text(String(line))) { posts.append(post) }
            }
        }
        return (posts, reader.warnings())
    }

    @Test func columnsAreFoundByTheirNames() throws {
        let text = """
            UserName,Location,TweetAt,OriginalTweet
            ana,Lisbon,2020-07-25 12:27:21,"A #river, ""wide"" &amp;
            deep"
            bo,,,plain
            cut
            cut,off,here,by,commas

            """
        let (posts, warnings) = try read("tweets.csv", text, PostColumns())
        #expect(posts.map(\.text) == ["A #river, \"wide\" &\ndeep", "plain"])
        #expect(posts.map(\.authorID) == ["ana", "bo"] && posts.map(\.authorName) == ["ana", "bo"])
        #expect(posts.map(\.createdAt) == ["2020-07-25 12:27:21", nil])
        #expect(warnings.count == 1 && warnings[0].hasPrefix("2 rows were left out; the first: "), "\(warnings)")
        #expect(warnings[0].contains("tweets.csv:5") && warnings[0].contains("1 fields where the first row has 4"))
    }

    @Test func columnsAreGivenByNameOrNumber() throws {
        let named = try PostColumns(text: "note text", author: "who", separator: ";")
        let (posts, _) = try read("a.dat", "Who;Text;Note_Text;date\n7;no;#yes;2026-11-23\n", named)
        #expect(posts.map(\.text) == ["#yes"] && posts[0].authorID == "7" && posts[0].createdAt == "2026-11-23")
        // Sentiment140's form, whose times have the names of zones.
        let numbered = try PostColumns(text: "6", author: "5", time: "3")
        let row = #""0","1467810369","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","ana","@bo that's a #bummer""#
        let (found, _) = try read("train.csv", row + "\n" + row + "\n", numbered)
        #expect(found.count == 2 && found[0].text == "@bo that's a #bummer")
        #expect(Timestamp.milliseconds(found[0].createdAt!) == 1_239_081_585_000)
    }

    @Test func missingColumnsAreNamed() throws {
        for (columns, text, expected) in [
            (try PostColumns(), "id,words\n1,x\n", "no column of the text among id, words"),
            (try PostColumns(text: "tweet"), "id,text\n1,x\n", "no column 'tweet' among id, text"),
            (try PostColumns(text: "text", time: "when"), "id,text\n1,x\n", "no column 'when'"),
            (try PostColumns(text: "3"), "1,x\n", "no column 3: the first row has 2"),
        ] {
            let error = #expect(throws: SwiftwaterError.self) { try read("b.csv", text, columns) }
            #expect(error?.message.contains(expected) == true && error?.location?.line == 1, "\(error!)")
        }
        #expect(throws: SwiftwaterError.self) { try PostColumns(text: "1", author: "user") }
        #expect(throws: SwiftwaterError.self) { try PostColumns(author: "1") }
        for separator in ["", "::", "\"", "\n", "é"] {
            #expect(throws: SwiftwaterError.self) { try PostColumns(separator: separator) }
        }
    }

    @Test func otherFilesHavePlainLines() throws {
        let (posts, _) = try read("a.ndjson", #"{"text":"one, two"}"# + "\nplain, line\n", PostColumns())
        #expect(posts.map(\.text) == ["one, two", "plain, line"])
        for (path, isTable, isTableIfGiven) in [
            ("a.CSV", true, true), ("a.csv.gz", true, true), ("a.tsv", true, true), ("a.txt.gz", false, false),
            ("a.json", false, false), ("a.dat", false, true), ("-", false, true),
        ] {
            #expect(try PostColumns().isTable(path) == isTable)
            #expect(try PostColumns(text: "text").isTable(path) == isTableIfGiven)
        }
    }
}
