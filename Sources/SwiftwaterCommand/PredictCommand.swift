import ArgumentParser
import Swiftwater

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Predicts ratings for pairs of users and items.",
        usage: "swiftwater predict [<options>] --model <model> <file>",
        discussion: """
            The file needs the columns of users and items, but no ratings. A pair \
            with an unknown user or item gets an empty prediction, or is omitted \
            with --drop-unknown.

              swiftwater predict --model films.model pairs.csv --out predictions.csv
              swiftwater predict --model films.model pairs.csv --json
            """)

    @Argument(help: "CSV file of pairs.") var file: String
    @Option(help: "Model file.") var model: String
    @Option(help: "CSV file to write. Default: standard output.") var out: String?
    @OptionGroup var ratings: RatingsOptions
    @Flag(help: "Omit pairs that cannot be predicted.") var dropUnknown = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if ratings.columns.sumRepeats { throw ValidationError("--sum-repeats is for ratings; predict reads pairs.") }
        if ratings.columns.ratingColumn != nil || ratings.columns.decimalComma {
            throw ValidationError("--rating-column and --decimal-comma are for ratings; predict reads pairs.")
        }
    }

    func run() throws {
        let console = Console()
        try OutputPlace.check([("--out", out)], inputs: [file, model])
        let model = try ModelFile.read(model)
        let pairs = try ratings.read(file, pairs: true, console: console)
        let predictions = model.predictions(for: pairs, threads: WorkerPool.coreCount)
        let output = try RowOutput(path: out)
        let format = ratings.format()
        try output.write(json ? "{\"predictions\":[" : "\(format.userColumn),\(format.itemColumn),prediction\n")
        var (unknown, isFirst) = (0, true)
        for (row, prediction) in predictions.enumerated() {
            if prediction == nil {
                unknown += 1
                if dropUnknown { continue }
            }
            let (user, item) = (pairs.userIDs[Int(pairs.users[row])], pairs.itemIDs[Int(pairs.items[row])])
            try output.write(
                json
                    ? (isFirst ? "" : ",") + Self.object(user, item, prediction)
                    : "\(CSVReader.quoted(user)),\(CSVReader.quoted(item)),\(prediction.map { "\($0)" } ?? "")\n")
            isFirst = false
        }
        if json { try output.write("],\"unknown\":\(unknown)}\n") }
        try output.finish()
        let count = predictions.count - unknown
        console.remark(
            "\(Format.count(count)) prediction\(count == 1 ? "" : "s")" + (out.map { " written to \($0)" } ?? "")
                + (unknown > 0
                    ? "; \(Format.count(unknown, "pair")) of unknown users or items "
                        + (dropUnknown ? "omitted" : "left empty")
                    : ""))
    }

    private static func object(_ user: String, _ item: String, _ prediction: Float?) -> String {
        JSONWriter.object { json in
            json.member("user", user)
            json.member("item", item)
            json.member("prediction", prediction)
        }
    }
}
