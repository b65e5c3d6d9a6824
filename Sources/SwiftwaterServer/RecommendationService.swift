#if Server
    import HTTPTypes
    import Logging
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive
    import SwiftwaterRecommender

    /// A live recommender with item titles, retraining, and reloading of its model file.
    public final class RecommendationService: Sendable {
        /// The recommender that answers.
        public let live: LiveRecommender
        private let catalogue: Catalogue
        private let source: (@Sendable () throws -> MatrixFactorizationModel)?
        private let logger: Logger
        private let fixedRange: ClosedRange<Double>?
        static let widestRange = -1e6...1e6
        /// The number of changes that run on separate threads.
        let work = Monitor(0)
        private let titles = Monitor<Titles?>(nil)

        /// The lowercase titles and the ids of one model's items, most popular first.
        private struct Titles: Sendable {
            let generation: Int
            let entries: [(title: Text, id: String)]
        }

        /// Creates a service for a recommender.
        ///
        /// - Parameters:
        ///   - ratingRange: the range of valid ratings. By default from the smallest to the largest rating that the
        ///     model was trained on, and any rating for implicit models.
        ///   - source: reads the model again, for `reload`.
        public init(
            _ live: LiveRecommender, catalogue: Catalogue, logger: Logger, ratingRange: ClosedRange<Double>? = nil,
            source: (@Sendable () throws -> MatrixFactorizationModel)? = nil
        ) {
            (self.live, self.catalogue, self.source, self.logger) = (live, catalogue, source, logger)
            fixedRange = ratingRange
        }

        /// The range of valid ratings, which follows the current model.
        public var ratingRange: ClosedRange<Double> {
            fixedRange ?? (live.model.settings.isImplicit ? nil : live.ratingRange) ?? Self.widestRange
        }

        // MARK: Items

        /// Writes the members of an item: its id and, where it is known, its title.
        func writeHead(of item: String, to json: inout JSONWriter) {
            json.member("item", item)
            if let known = catalogue[item] { json.member("title", known.title) }
        }

        /// Writes items as the member `items`.
        ///
        /// - Parameter areCounts: whether the scores are numbers of ratings, which have a name of their own.
        func write(_ items: [LiveRecommendation.Item], areCounts: Bool, to json: inout JSONWriter) {
            json.member("items", array: items) { json, item in
                json.object { json in
                    writeHead(of: item.id, to: &json)
                    if areCounts { return json.member("ratings", Int(item.score)) }
                    json.member("score", item.score)
                    if item.boost != 0 { json.member("boost", item.boost) }
                }
            }
        }

        /// The titles of the current model, built on first use after the model changes. O(items log items).
        private var currentTitles: [(title: Text, id: String)] {
            titles.update { titles in
                let generation = live.generation
                if let titles, titles.generation == generation { return titles.entries }
                let entries = live.popular(limit: live.model.itemIDs.count, recent: false).map { item in
                    (title: Text(catalogue.title(item.id).lowercased()), id: item.id)
                }
                titles = Titles(generation: generation, entries: entries)
                return entries
            }
        }

        /// Returns the item with this id, then the most popular items whose title contains the text, comparing the
        /// bytes of the lowercase forms. O(bytes of the titles).
        func find(_ text: String, limit: Int) -> [String] {
            let part = Text(text.lowercased())
            var found = live.model.itemIDs.index(of: text) == nil ? [] : [text]
            for entry in currentTitles where text.isEmpty || entry.title.contains(part) {
                if found.count == limit { break }
                if !entry.id.utf8.elementsEqual(text.utf8) { found.append(entry.id) }
            }
            return found
        }

        // MARK: Model

        var modelJSON: String {
            let (model, state) = (live.model, live.trainingState)
            return JSONWriter.object { json in
                json.member("generation", live.generation)
                json.member("rank", model.rank)
                json.member("users", model.userIDs.count)
                json.member("items", model.itemIDs.count)
                json.member("ratings", model.history.columns.count)
                json.member("liveRatings", live.ratingCount)
                json.member("liveUsers", live.ratedUserCount)
                json.member("isTraining", state.isRunning)
                json.member("lastTraining", state.last)
                json.member("lastFailure", state.lastFailure)
            }
        }

        /// Begins a training on a separate thread; returns false if one is already running.
        ///
        /// - Parameter whenDone: called when it ends, successfully or not.
        public func beginTraining(_ whenDone: @escaping @Sendable () -> Void) -> Bool {
            live.beginRetraining { [logger] result in
                switch result {
                case .success(let report):
                    logger.info("trained on \(report.ratings) ratings in \(report.milliseconds) ms")
                case .failure(let error): logger.error("training failed; the current model stays: \(error)")
                }
                whenDone()
            }
        }

        func reload() throws {
            guard let source else { throw Problem(.conflict, "the model did not come from a file") }
            let model: MatrixFactorizationModel
            do { model = try source() } catch let error as SwiftwaterError where error.code == .corrupted {
                throw Problem(.conflict, "\(error)")
            }
            try live.replaceBlocking(model: model)
        }
    }
#endif
