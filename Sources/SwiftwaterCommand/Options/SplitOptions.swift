import ArgumentParser
import Swiftwater

/// Options for training, validation, and test data: one file to split, or a file for each.
struct SplitOptions: ParsableArguments {
    @Argument(help: "CSV file of ratings, plain or gzip; - for stdin.") var file: String?
    @Option(
        name: .customLong("split"), help: "Weights: training,validation,test. (default: 60,20,20)")
    var weights: NumberList<Double>?
    @Option(
        name: .customLong("split-by"),
        help: "Split at random, within each user (user), or oldest first (time). (default: random)")
    var method: SplitMethod?
    @Option(help: "Training data file, instead of FILE and --split.") var train: String?
    @Option(help: "Validation data file.") var validation: String?
    @Option(help: "Test data file.") var test: String?

    func validate() throws {
        if (file == nil) == (train == nil) { throw ValidationError("Give either FILE to split or --train FILE.") }
        if train == nil && (validation != nil || test != nil) {
            throw ValidationError("--validation and --test require --train; FILE is split by --split.")
        }
        try RequiredOption.check(
            "FILE in place of --train", isThere: train == nil,
            for: ["--split": weights != nil, "--split-by": method != nil])
        if split.values.count > 3 {
            throw ValidationError("--split takes at most three weights: training, validation, and test.")
        }
    }

    /// The weights of the parts.
    var split: NumberList<Double> { weights ?? NumberList([60, 20, 20]) }
    var splitBy: SplitMethod { method ?? .random }

    /// The files that are read.
    var paths: [String?] { [file, train, validation, test] }

    struct Parts {
        var train: Ratings
        var validation: Ratings?
        var test: Ratings?
        /// What was split, if it was asked for and some of it is not in `train`.
        var all: Ratings?
    }

    /// Loads the parts and describes them to `announce`.
    ///
    /// - Parameter keepsAll: whether what was split is wanted, too.
    func load(
        _ options: RatingsOptions, seed: UInt64, console: Console, keepsAll: Bool = false,
        announce: (String) throws -> Void
    ) throws -> Parts {
        if let train {
            func other(_ path: String?) throws -> Ratings? { try path.map { try options.read($0, console: console) } }
            let parts = Parts(
                train: try options.read(train, console: console), validation: try other(validation),
                test: try other(test))
            try announce(describe(parts, how: "given"))
            return parts
        }
        let all = try options.read(file!, console: console)
        try announce(
            "\(file!): \(Format.count(all.count, "rating")) by \(Format.count(all.userIDs.count, "user")) "
                + "of \(Format.count(all.itemIDs.count, "item"))")
        let split = try all.split(weights: split.values, seed: seed, by: splitBy)
        func part(_ index: Int) -> Ratings? { index < split.count && split[index].count > 0 ? split[index] : nil }
        var parts = Parts(train: split[0], validation: part(1), test: part(2))
        if keepsAll, split[0].count < all.count { parts.all = all }
        try announce(describe(parts, how: "split \(self.split.defaultValueDescription) \(splitDescription(seed))"))
        return parts
    }

    private func splitDescription(_ seed: UInt64) -> String {
        switch splitBy {
        case .random: "with seed \(seed)"
        case .user: "for each user, with seed \(seed)"
        case .time: "by time"
        }
    }

    private func describe(_ parts: Parts, how: String) -> String {
        let names = [("training", parts.train as Ratings?), ("validation", parts.validation), ("test", parts.test)]
        return "\(how): "
            + names.compactMap { name, part in part.map { "\(Format.count($0.count)) \(name)" } }.joined(
                separator: ", ")
    }
}

extension SplitMethod: ExpressibleByArgument {}
