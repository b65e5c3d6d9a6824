import Foundation
import TestSupport
import Testing

/// Options that a command cannot honor are refused: none is taken in silence.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct OptionTests {
    @Test(arguments: [
        ("trends --source file:x --enrich-by team", "--enrich-by requires --enrich."),
        (
            "trends --source file:x --enrich-key id --enrich-table people",
            "--enrich-key and --enrich-table require --enrich."
        ),
        ("trends --source file:x --enrich a.csv --enrich-max 5", "require a database"),
        ("trends --source file:x --enrich kafka://h:1/t --enrich-key id", "has its key and its table by itself"),
        (
            "trends --source file:x --enrich postgresql://h/d --enrich-query q --enrich-table t",
            "takes the place of --enrich-key and --enrich-table"
        ),
        ("trends --source file:x --checkpoint-drop a", "--checkpoint-drop requires --checkpoint."),
        ("trends --source file:x --checkpoint-rename a=b", "--checkpoint-rename requires --checkpoint."),
        ("trends --source file:x --checkpoint-interval 1m", "--checkpoint-interval requires --checkpoint."),
        ("trends --source file:x --commit-interval 1s", "--commit-interval requires --checkpoint."),
        ("trends --source file:x --checkpoint s --store-patience 1m", "a --checkpoint in a store"),
        ("trends --source file:x --sink-top 5", "--sink-top requires --sink."),
        ("trends --source tail:x --archive-batch-bytes 5", "--archive-batch-bytes requires a source of file:."),
        ("trends --source tail:x --token-file t", "--token-file requires a source of push:."),
        ("trends --source file:x --baseline 1h --no-details", "omit --no-details"),
        ("trends --source file:x --window 10s --window 1m", "--window stands here 2 times"),
        ("trends --source=file:x --top=1 --top 2", "--top stands here 2 times"),
        ("serve --checkpoint-drop a --new-charts", "--checkpoint-drop and --new-charts require --state."),
        ("serve --seed 3", "--seed requires --demo."),
        ("serve --retrain-every 6h", "--retrain-every requires --model."),
        ("serve --enrich-failure wait", "--enrich-failure requires --enrich."),
        ("relay --from x --to kafka://h:1/t --port 1", "--port and --host are for serving posts"),
        ("relay --from x --to kafka://h:1/t --token-file t", "--token-file requires --to HOST:PORT"),
        ("relay --from x --to kafka://h:1/t --sender me", "do not go with --to kafka://"),
        ("relay --from x --ack --wait-for-clients 2", "--wait-for-clients does not go with --ack"),
        ("train --train a.csv --split 80,20", "--split requires FILE in place of --train."),
        ("train a.csv --alpha 2", "--alpha requires --implicit."),
        ("tune a.csv --rank 5 --ranks 5,6", "--ranks takes the place of --rank"),
        ("tune a.csv --regularization 1 --regularizations 1,2", "takes the place of --regularization"),
        ("evaluate --model m a.csv --relevant-from 3", "--relevant-from requires --ranking."),
        ("similar --model m --user 1 --movies m.csv", "--movies requires --item."),
        ("neighbors --seed 1", "--seed requires --split."), ("neighbors --top 1", "--top requires --user."),
        ("neighbors --split 80,20 --user 1", "not both"),
        ("recommend --model m --for-users 3 --sink csv:d --format csv", "--sink goes without"),
        ("recommend --model m --user 3 --because --json", "--because requires --user"),
        ("ratings matrix a.csv --users 0", "--users takes 1 to 1000, not 0"),
        ("ratings matrix a.csv --items -1", "--items takes 1 to 1000, not -1"),
        ("generate posts --json", "--json requires --out FILE."),
        ("sql --json --format csv q", "--json is --format json"),
        ("sql --table a=x --table a=y q", "--table names 'a' twice"),
        ("sql --table a=x --user-column u q", "--user-column is for ratings"),
        ("neighbors --strict", "--strict requires a file of ratings."),
        ("neighbors --format movielens-100k", "--format requires a file of ratings."),
        ("train a.csv --rank 513", "--rank takes 1 to 512, not 513"),
        ("train a.csv --regularization inf", "--regularization takes 0 to 1000000"),
        ("train a.csv --threads 100000", "--threads takes 1 to 1024"),
        ("train a.csv --tolerance -1", "--tolerance takes 0 or more, below 1"),
        ("train a.csv --max-iterations 0", "--max-iterations takes 1 or more"),
        ("train a.csv --biases --implicit", "--biases does not go with --implicit"),
        ("trends --source file:x.ndjson --text-column t", "x.ndjson has lines, by its name"),
        ("relay --from x.txt.gz --separator ;", "x.txt.gz has lines, by its name"),
        ("predict --model m p.csv --sum-repeats", "--sum-repeats is for ratings"),
        ("predict --model m p.csv --rating-column r", "predict reads pairs"),
        ("ratings sumary a.csv", "Did you mean 'ratings summary'?"),
        ("checkpoint lst d", "Did you mean 'checkpoint list'?"),
        ("ratings a.csv", "'ratings' has no command 'a.csv'."),
    ])
    func whatACommandCannotHonourIsRefused(line: String, words: String) throws {
        let result = try Program(line.split(separator: " ").map(String.init)).wait()
        let text = result.error.replacing("\n", with: " ")
        #expect(result.status == 64 && text.contains(words), "\(result)")
        #expect(result.output.isEmpty)
    }

    /// An option that may be repeated, and a flag, may stand twice.
    @Test func repeatedOptionsMayStandTwice() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        let result = try Program.run(
            "trends", "--source", "file:\(posts)", "--json", "--json", "--sink", "csv:\(folder.file("a"))", "--sink",
            "csv:\(folder.file("b"))")
        #expect(result.status == 0, "\(result)")
    }

    /// A place for failed batches that cannot be is known before there is one.
    @Test func thePlaceOfFailedBatchesIsTried() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        let result = try Program.run("trends", "--source", "file:\(posts)", "--dead-letter", posts)
        #expect(result.status == 74 && result.error.contains("cannot create directory"), "\(result)")
        #expect(result.error.contains(posts) && result.output.isEmpty)
    }

    /// Metrics do not take the place of the posts.
    @Test func inputsAreNotReplacedByMetrics() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        let result = try Program.run("trends", "--source", "file:\(posts)", "--metrics-file", posts)
        #expect(result.status == 64 && result.error.contains("which is read"), "\(result)")
        #expect(try String(contentsOfFile: posts, encoding: .utf8) == "#a #b\n")
    }
}
