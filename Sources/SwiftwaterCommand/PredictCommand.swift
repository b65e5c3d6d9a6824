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
            """)

    @Argument(help: "CSV file of pairs.") var file: String
    @Option(help: "Model file.") var model: String
    @Option(help: "CSV file to write. Default: standard output.") var out: String?
    @OptionGroup var ratings: RatingsOptions
    @Flag(help: "Omit pairs that cannot be predicted.") var dropUnknown = false

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let pairs = try ratings.read(file, pairs: true, console: console)
        let predictions = model.predictions(for: pairs, threads: WorkerPool.coreCount)
        let output = try RowOutput(path: out)
        let format = ratings.format()
        try output.write("\(format.userColumn),\(format.itemColumn),prediction\n")
        var unknown = 0
        for (row, prediction) in predictions.enumerated() {
            if prediction == nil {
                unknown += 1
                if dropUnknown { continue }
            }
            let user = CSVReader.quoted(pairs.userIDs[Int(pairs.users[row])])
            let item = CSVReader.quoted(pairs.itemIDs[Int(pairs.items[row])])
            try output.write("\(user),\(item),\(prediction.map { "\($0)" } ?? "")\n")
        }
        try output.finish()
        console.remark(
            "\(Format.count(predictions.count - unknown)) predictions" + (out.map { " written to \($0)" } ?? "")
                + (unknown > 0
                    ? "; \(Format.count(unknown)) pairs of unknown users or items "
                        + (dropUnknown ? "omitted" : "left empty")
                    : ""))
    }
}
