import Foundation
import Swiftwater
import TestSupport
import Testing

/// Files of posts as people have them, read with the real program: CSV with any columns, separator and encoding, gzip,
/// and directories in which they are mixed.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct PostFilesTests {
    private let folder = try! TemporaryDirectory()

    private static let tweets = #"""
        UserName,TweetAt,OriginalTweet
        ana,2020-07-25 12:00:01,"At the #Straße, ""here"""
        bo,2020-07-25 12:00:02,"two
        lines #straße #b"
        cy,2020-07-25 12:00:03,#b &amp; #c
        broken,row

        """#

    private func counts(_ source: String, _ more: [String] = []) throws -> (rows: [String: Int], error: String) {
        let program = try Program(
            ["trends", "--source", source, "--event-time", "--window", "1m", "--slide", "1m", "--json"] + more)
        let run = program.wait()
        #expect(run.status == 0, "\(run.error)")
        var rows: [String: Int] = [:]
        for line in run.output.split(separator: "\n") {
            let table = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
            for row in table["trends"] as! [[String: Any]] {
                rows[row["key"] as! String, default: 0] += row["count"] as! Int
            }
        }
        return (rows, run.error)
    }

    @Test(arguments: [String.Encoding.utf8, .windowsCP1252, .utf16LittleEndian, .utf16]) func tablesInAnyEncoding(
        encoding: String.Encoding
    ) throws {
        let path = try folder.write("tweets.csv", bytes: Array(Self.tweets.data(using: encoding)!))
        let more =
            switch encoding {
            case .windowsCP1252: ["--encoding", "latin-1"]
            case .utf16LittleEndian: ["--encoding", "utf-16"]
            default: [String]()
            }
        let (rows, error) = try counts("file:" + path, more)
        #expect(rows == ["#strasse": 2, "#b": 2, "#c": 1], "\(error)")
        #expect(error.contains("1 row was left out; the first: ") && error.contains("tweets.csv:6"), "\(error)")
    }

    @Test func aDirectoryMayBeMixed() throws {
        try FileManagerSupport.makeDirectory(folder.file("in"))
        try folder.write("in/a.csv", Self.tweets)
        try folder.write("in/b.ndjson", ##"{"text":"#b","created_at":"2020-07-25T12:00:09Z"}"## + "\n")
        try folder.write("in/c.tsv", "text\tcreated_at\n#c and more, with commas\t1595678410\n")
        _ = try Program.shell("cd '\(folder.path)/in' && gzip -k a.csv && mv a.csv.gz d.csv.gz")
        let (rows, error) = try counts("file:" + folder.file("in"))
        #expect(rows == ["#strasse": 4, "#b": 5, "#c": 3], "\(error)")
    }

    @Test func wrongColumnsAreExplained() throws {
        let path = try folder.write("t.csv", "id,words\n1,#a\n")
        for more in [[], ["--text-column", "tweet"]] {
            let run = try Program(["trends", "--source", "file:" + path] + more).wait()
            #expect(run.status == 65 && run.error.contains("among id, words"), "\(run.status) \(run.error)")
        }
        let run = try Program(["trends", "--source", "socket://127.0.0.1:7773", "--text-column", "tweet"]).wait()
        #expect(run.status == 64 && run.error.contains("for files of posts"))
    }

    /// A directory that is watched goes on after a file that is not one of posts.
    @Test func aStrangeFileIsLeftOut() throws {
        try FileManagerSupport.makeDirectory(folder.file("in"))
        try folder.write("in/a.csv", "id,words\n1,#a\n")
        try folder.write("in/b.csv", "id;text\n1;#b\n")
        let run = try Program([
            "trends", "--source", "files:" + folder.file("in"), "--batch", "100ms", "--window", "100ms", "--slide",
            "100ms", "--batches", "3", "--json",
        ]).wait()
        #expect(run.status == 0 && run.output.contains(##""key":"#b""##), "\(run.output) \(run.error)")
        #expect(run.error.contains("a.csv: the file was left out: "), "\(run.error)")
    }

    @Test func relaysReadTables() throws {
        let path = try folder.write("tweets.csv", Self.tweets)
        let run = try Program([
            "relay", "--from", path, "--track", "b", "--port", "0", "--wait-for-clients", "0", "--author-column",
            "username",
        ]).wait()
        #expect(run.status == 0 && run.error.contains("relayed 2 posts of 3 lines"), "\(run.output) \(run.error)")
        #expect(run.error.contains("1 row was left out"))
    }
}
