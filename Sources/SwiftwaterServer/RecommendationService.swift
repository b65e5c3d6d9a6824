#if Server
    import HTTPTypes
    import Logging
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive
    import SwiftwaterRecommender

    /// A live recommender with titles, its trainings, and the file that its model came from.
    public final class RecommendationService: Sendable {
        public let live: LiveRecommender
        private let catalogue: Catalogue
        private let source: (@Sendable () throws -> MatrixFactorizationModel)?
        private let logger: Logger
        private let fixedRange: ClosedRange<Double>?
        static let widestRange = -1e6...1e6
        /// Changes that have a thread of their own.
        let work = Monitor(0)
        private let titles = Monitor<Titles?>(nil)

        /// Titles in lower case with their ids, in order of popularity, of one model's items.
        private struct Titles: Sendable {
            let generation: Int
            let entries: [(title: Text, id: String)]
        }

        /// - Parameters:
        ///   - ratingRange: what ratings may be; from the smallest to the largest of the model's training unless given, and for implicit models any.
        ///   - source: reads the model again, for `reload`.
        public init(
            _ live: LiveRecommender, catalogue: Catalogue, logger: Logger, ratingRange: ClosedRange<Double>? = nil,
            source: (@Sendable () throws -> MatrixFactorizationModel)? = nil
        ) {
            (self.live, self.catalogue, self.source, self.logger) = (live, catalogue, source, logger)
            fixedRange = ratingRange
        }

        /// What ratings may be, by the model that serves.
        public var ratingRange: ClosedRange<Double> {
            fixedRange ?? (live.model.settings.isImplicit ? nil : live.ratingRange) ?? Self.widestRange
        }

        // MARK: Items

        /// `"item":"1","title":"..."`
        func head(of item: String) -> String {
            let title = catalogue[item].map { ",\"title\":\(JSONValue.quoted($0.title))" } ?? ""
            return "\"item\":\(JSONValue.quoted(item))" + title
        }

        func json(_ items: [LiveRecommendation.Item]) -> String {
            items.map { item in
                "{\(head(of: item.id)),\"score\":\(item.score)\(item.boost == 0 ? "" : ",\"boost\":\(item.boost)")}"
            }.joined(separator: ",")
        }

        /// Made when they are first asked for after the model changed: O(items log items).
        private var currentTitles: [(title: Text, id: String)] {
            titles.update { titles in
                let generation = live.generation
                if let titles, titles.generation == generation { return titles.entries }
                let entries = live.popular(limit: live.model.itemIDs.count, ofLate: false).map { item in
                    (title: Text(catalogue.title(item.id).lowercased()), id: item.id)
                }
                titles = Titles(generation: generation, entries: entries)
                return entries
            }
        }

        /// The item of that id, and then the most popular ones whose title has the text, by bytes in lower case. O(bytes of the titles).
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
            var members = [
                "\"generation\":\(live.generation)", "\"rank\":\(model.rank)", "\"users\":\(model.userIDs.count)",
                "\"items\":\(model.itemIDs.count)", "\"ratings\":\(model.history.columns.count)",
                "\"liveRatings\":\(live.ratingCount)", "\"liveUsers\":\(live.ratedUserCount)",
                "\"isTraining\":\(state.isRunning)",
            ]
            members.append("\"lastTraining\":\(state.last?.json ?? "null")")
            members.append("\"lastFailure\":\(state.lastFailure.map(JSONValue.quoted) ?? "null")")
            return "{" + members.joined(separator: ",") + "}"
        }

        /// Begins a training on a thread of its own; false where one runs.
        ///
        /// - Parameter whenDone: called when it is over, well or not.
        public func beginTraining(_ whenDone: @escaping @Sendable () -> Void) -> Bool {
            live.beginRetraining { [logger] result in
                switch result {
                case .success(let report):
                    logger.info("trained on \(report.ratings) ratings in \(report.milliseconds) ms")
                case .failure(let error): logger.error("the training failed, the model stays: \(error)")
                }
                whenDone()
            }
        }

        func reload() throws {
            guard let source else { throw Problem(.conflict, "the model came from no file") }
            let model: MatrixFactorizationModel
            do { model = try source() } catch let error as SwiftwaterError where error.code == .corrupted {
                throw Problem(.conflict, "\(error)")
            }
            try live.replace(model: model)
        }
    }
#endif
