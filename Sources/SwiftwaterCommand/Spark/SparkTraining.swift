#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    /// `train` and `tune` on a Spark cluster: the ratings there, in parts.
    struct SparkTraining {
        let session: SparkSession
        let train: SparkRatings
        let validation: SparkRatings?
        let test: SparkRatings?
        /// What was split; nil if the parts were given.
        private(set) var all: SparkRatings?

        /// Opens a session that shows progress.
        static func session(_ master: String, _ console: Console) async throws -> SparkSession {
            let session = try await SparkSession(master) { progress in
                guard progress.tasks > 0 else { return }
                console.progress("Spark", Double(progress.finishedTasks) / Double(progress.tasks))
            }
            return session
        }

        /// Loads the parts, as `SplitOptions.load` does here.
        init(
            _ session: SparkSession, _ data: SplitOptions, _ options: RatingsOptions, _ cluster: ClusterOptions,
            seed: UInt64, console: Console, announce: (String) throws -> Void
        ) async throws {
            self.session = session
            var counts: [Int?] = [nil, nil, nil]
            var how = "given"
            if let path = data.train {
                let given = try await Self.read(path, session, options, cluster, console)
                train = given
                func other(_ path: String?) async throws -> SparkRatings? {
                    guard let path else { return nil }
                    return try await Self.read(path, session, options, cluster, console, numberedAs: given)
                }
                (validation, test) = (try await other(data.validation), try await other(data.test))
            } else {
                let path = data.file ?? ""
                let all = try await Self.read(path, session, options, cluster, console)
                self.all = all
                let sizes = all.sizes
                console.endProgress()
                try announce(
                    "\(path): \(Format.count(sizes.ratings, "rating")) by \(Format.count(sizes.users, "user")) "
                        + "of \(Format.count(sizes.items, "item"))")
                let parts = all.split(data.split.values, seed: Int64(bitPattern: seed))
                train = parts[0]
                validation = parts.count > 1 && data.split.values[1] > 0 ? parts[1] : nil
                test = parts.count > 2 && data.split.values[2] > 0 ? parts[2] : nil
                counts = [nil, try await validation?.count(), try await test?.count()]
                // What is not in the other parts.
                counts[0] = sizes.ratings - counts.reduce(0) { $0 + ($1 ?? 0) }
                how = "split \(data.split.defaultValueDescription) with seed \(seed)"
            }
            var described: [String] = []
            for (part, count, name) in [
                (train, counts[0], "training"), (validation, counts[1], "validation"), (test, counts[2], "test"),
            ] {
                guard let part else { continue }
                let known = if let count { count } else { try await part.count() }
                described.append("\(Format.count(known)) \(name)")
            }
            console.endProgress()
            try announce("\(how): " + described.joined(separator: ", "))
        }

        /// Reads a file of the cluster, or uploads one.
        static func read(
            _ path: String, _ session: SparkSession, _ options: RatingsOptions, _ cluster: ClusterOptions,
            _ console: Console, numberedAs train: SparkRatings? = nil
        ) async throws -> SparkRatings {
            let format = options.format()
            let source =
                cluster.upload
                ? try await session.upload(try options.read(path, console: console), format: format)
                : session.csv(path, options: ["sep": format.separator])
            let ratings = try await SparkRatings(source, format: format, numberedAs: train)
            if ratings.malformedRows > 0 {
                console.remark(
                    "\(path): \(Format.count(ratings.malformedRows)) of \(Format.count(ratings.rowCount, "row")) "
                        + "have no user, item or rating and were skipped")
            }
            return ratings
        }

        /// Refuses what only this machine does.
        static func check(_ data: SplitOptions, _ options: RatingsOptions, _ als: ALSOptions, upload: Bool) throws {
            try refuse([
                (data.splitBy != .random, "--split-by \(data.splitBy.rawValue)"), (als.threads != nil, "--threads"),
            ])
            try check(options, upload: upload)
        }

        /// Refuses what only this machine does with ratings.
        static func check(_ options: RatingsOptions, upload: Bool) throws {
            let format = options.format()
            try refuse([
                (format.sumsDuplicates, "--sum-repeats"), (!upload && !format.hasHeader, "--no-header"),
                (!upload && format.hasDecimalComma, "--decimal-comma"), (format.keepsCache, "--cache"),
                (!upload && options.columns.encoding != nil, "--encoding"),
                (format.isStrict, "--strict"), (format.requiresIntegerIDs, "--integer-ids"),
            ])
        }

        static func refuse(_ options: [(isUsed: Bool, what: String)]) throws {
            for (isUsed, what) in options where isUsed {
                throw SwiftwaterError(
                    .unsupported, "\(what) does not work on a Spark cluster", remedy: "leave it out, or run here")
            }
        }
    }
#endif
