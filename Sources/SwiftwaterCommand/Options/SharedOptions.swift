import ArgumentParser
import Swiftwater

/// A length of time as people write it: `500ms`, `10s`, `2m`, `1h`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for unit in units where argument.hasSuffix(unit.suffix) {
            guard let value = Double(argument.dropLast(unit.suffix.count)), value >= 0, value < 1e9 else { continue }
            duration = .milliseconds(Int64((value * unit.milliseconds).rounded()))
            return
        }
        return nil
    }

    init(_ duration: Duration) { self.duration = duration }

    var defaultValueDescription: String { duration.label.filter { $0 != " " } }
}

/// A list of numbers: `60,20,20`.
struct NumberList<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Number]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Number(String($0)) }
        guard values.count == parts.count, !values.isEmpty else { return nil }
        self.values = values
    }

    init(_ values: [Number]) { self.values = values }

    /// As it is written: whole numbers without a fraction.
    var defaultValueDescription: String {
        values.map { "\($0)".hasSuffix(".0") ? String("\($0)".dropLast(2)) : "\($0)" }.joined(separator: ",")
    }
}

/// How ratings files are written.
struct RatingsOptions: ParsableArguments {
    @Option(help: "The column of user ids.") var userColumn = "userId"
    @Option(help: "The column of item ids.") var itemColumn = "movieId"
    @Option(help: "The column of ratings.") var ratingColumn = "rating"
    @Option(help: "The column of times, in seconds since 1970; it may be missing.") var timestampColumn = "timestamp"
    @Option(help: "What separates the fields: one character, or tab.") var separator = ","
    @Flag(name: .customLong("integer-ids"), help: "Refuse ids that are no 64-bit integers.") var integerIDs = false
    @Flag(help: "Stop at the first malformed row instead of passing it over.") var strict = false
    @Flag(help: "Keep what was read in FILE.swratings, which is read faster the next time.") var cache = false

    func format() throws -> RatingsFormat {
        var format = RatingsFormat()
        (format.userColumn, format.itemColumn, format.ratingColumn) = (userColumn, itemColumn, ratingColumn)
        format.timestampColumn = timestampColumn
        let separator = separator == "tab" || separator == "\\t" ? "\t" : separator
        guard separator.count == 1 else {
            throw SwiftwaterError(
                .invalidArgument, "the separator '\(separator)' is not one character",
                remedy: "use --separator with one, or tab")
        }
        format.separator = Character(separator)
        (format.requiresIntegerIDs, format.isStrict, format.keepsCache) = (integerIDs, strict, cache)
        return format
    }

    /// Reads a file and says what was wrong with it.
    func read(_ path: String, pairs: Bool = false, console: Console) throws -> Ratings {
        var format = try format()
        format.readsPairs = pairs
        let (ratings, report) = try Ratings.read(path, format: format) { console.progress("reading \(path)", $0) }
        console.endProgress()
        if let problem = report.cacheProblem { console.remark("without a cache: \(TerminalText.safe("\(problem)"))") }
        if report.malformedRows > 0 {
            console.remark(
                "\(path): \(Format.count(report.malformedRows)) of \(Format.count(report.rows)) rows were malformed and passed over:"
            )
            for sample in report.samples { console.remark("  \(TerminalText.safe("\(sample)"))") }
            let more = report.malformedRows - report.samples.count
            if more > 0 { console.remark("  and \(Format.count(more)) more") }
        }
        if report.duplicates > 0 {
            console.remark(
                "\(path): \(Format.count(report.duplicates)) rows rate the same item by the same user again; the last of each counts"
            )
        }
        guard report.rows > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the file has a header and no rows", at: .init(file: path), remedy: "add some")
        }
        guard ratings.count > 0 else {
            throw SwiftwaterError(
                .malformedInput, "there is no row that can be used", at: .init(file: path),
                remedy: "see the messages above")
        }
        return ratings
    }
}

/// Settings of the training.
struct ALSOptions: ParsableArguments {
    @Option(help: "The number of latent factors.") var rank = 10
    @Option(help: "Lambda, scaled by the number of each row's ratings.") var regularization = 0.1
    @Option(help: "The seed of the split and of the factors.") var seed: UInt64 = 42
    @Option(help: "Threads; the model does not depend on it. All cores unless given.") var threads: Int?
    @Option(help: "cholesky (exact), conjugate-gradient (for large ranks), or non-negative.") var solver =
        SolverArgument.cholesky
    @Flag(help: "Predict the mean and biases of users and items, and fit the factors to the rest.") var biases = false
    @Flag(help: "Ratings are counts or strengths of interest, not opinions.") var implicit = false
    @Option(help: "For --implicit: confidence is 1 + alpha |rating|.") var alpha = 1.0

    func settings(iterations: Int) -> ALSSettings {
        var settings = ALSSettings()
        (settings.rank, settings.maxIterations, settings.regularization) = (rank, iterations, regularization)
        (settings.seed, settings.isImplicit, settings.alpha) = (seed, implicit, alpha)
        (settings.solver, settings.hasBiases) = (solver.solver, biases)
        if let threads { settings.threads = threads }
        return settings
    }
}

enum SolverArgument: String, ExpressibleByArgument, CaseIterable {
    case cholesky
    case conjugateGradient = "conjugate-gradient"
    case nonNegative = "non-negative"

    var solver: ALSSettings.Solver {
        switch self {
        case .cholesky: .cholesky
        case .conjugateGradient: .conjugateGradient
        case .nonNegative: .nonNegative
        }
    }
}

/// Training, validation and test data: one file split at random, or a file for each.
struct SplitOptions: ParsableArguments {
    @Argument(help: "A CSV file of ratings, plain or gzip; - for standard input.") var file: String?
    @Option(help: "Weights of training, validation and test data.") var split = NumberList<Double>([60, 20, 20])
    @Option(help: "random, user (each user's ratings in these shares) or time (the oldest train, the newest test).")
    var splitBy = SplitMethod.random
    @Option(help: "A file of training data, instead of FILE and --split.") var train: String?
    @Option(help: "A file of validation data.") var validation: String?
    @Option(help: "A file of test data.") var test: String?

    func validate() throws {
        if (file == nil) == (train == nil) { throw ValidationError("Give either FILE, to be split, or --train FILE.") }
        if train == nil && (validation != nil || test != nil) {
            throw ValidationError("--validation and --test go with --train; FILE is split by --split.")
        }
        if split.values.count > 3 {
            throw ValidationError("--split takes up to three weights: training, validation, test.")
        }
    }

    struct Parts {
        var train: Ratings
        var validation: Ratings?
        var test: Ratings?
    }

    /// Loads the parts and says what they are, by `announce`.
    func load(
        _ options: RatingsOptions, seed: UInt64, console: Console, announce: (String) throws -> Void
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
            "\(file!): \(Format.count(all.count)) ratings by \(Format.count(all.userIDs.count)) users of \(Format.count(all.itemIDs.count)) items"
        )
        let split = try all.split(weights: split.values, seed: seed, by: splitBy)
        func part(_ index: Int) -> Ratings? { index < split.count && split[index].count > 0 ? split[index] : nil }
        let parts = Parts(train: split[0], validation: part(1), test: part(2))
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
