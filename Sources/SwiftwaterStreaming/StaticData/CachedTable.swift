import Logging
import SwiftwaterCore

/// A static table whose rows are kept for a while: a batch asks for the keys that are not known, all at once, and waits
/// for the answer.
///
/// - Complexity: memory for `maximumCount` rows, also of keys that are not there; a key of a batch costs one access to
///   a hash table.
public final class CachedTable: Sendable {
    /// What happens to a batch while the table cannot be read.
    public enum FailurePolicy: Sendable, Equatable {
        /// The batch waits, and fails if the table cannot be read for this long.
        case wait(atMost: Duration)
        /// The batch goes on with what is known, even if it is old, and as if other keys were not there. How often that
        /// was so is logged and counted (`Statistics.failed`). Errors that will not pass fail the batch.
        case goOn
    }

    /// How often keys were asked for, once for each key of a batch.
    public struct Statistics: Sendable, Equatable {
        /// Keys that were known.
        public internal(set) var cached = 0
        /// Keys that the table had.
        public internal(set) var found = 0
        /// Keys that the table did not have.
        public internal(set) var missing = 0
        /// Keys that were not found because the table could not be read.
        public internal(set) var failed = 0
        /// Keys whose rows were older than they should be, because the table could not be read.
        public internal(set) var stale = 0
        /// Queries.
        public internal(set) var queries = 0
    }

    private struct Entry {
        /// nil if the table does not have the key.
        let values: [Text?]?
        let since: Duration
    }

    private struct State {
        /// Rows that were used recently, and those that were used before. When the former are many, the latter go.
        var recent: [Text: Entry] = [:]
        var earlier: [Text: Entry] = [:]
        var statistics = Statistics()
        /// When the table could not be read; nil if it could.
        var failedAt: Duration?
        /// Keys without a row since then.
        var failedKeys = 0
    }

    /// The keys of a query.
    static let queryMax = 10_000
    /// After a failure, a table is left alone for this long if the stream goes on without it.
    static let pause = Duration.seconds(5)

    private let table: any StaticTable
    private let maximumCount: Int
    private let maximumAge: Duration
    private let onFailure: FailurePolicy
    private let clock: any StreamClock
    private let logger: Logger
    private let state = Monitor(State())

    /// Creates an empty cache.
    ///
    /// - Parameters:
    ///   - maximumCount: the number of rows that are kept, at least 2. The ones that were not used for the longest time
    ///     are dropped first, half of them at once.
    ///   - maximumAge: rows are asked for again when they are older than this.
    ///   - onFailure: what happens while the table cannot be read; by default a batch waits for a minute.
    ///   - table: the table to look up in.
    ///   - clock: tells the time.
    ///   - logger: receives messages; the context's logger by default.
    public init(
        _ table: any StaticTable, maximumCount: Int = 100_000, maximumAge: Duration = .seconds(600),
        onFailure: FailurePolicy = .wait(atMost: .seconds(60)), clock: any StreamClock = SystemClock(),
        logger: Logger = Logger(label: "swiftwater")
    ) {
        (self.table, self.maximumCount, self.maximumAge) = (table, max(2, maximumCount), maximumAge)
        (self.onFailure, self.clock, self.logger) = (onFailure, clock, logger)
    }

    /// The table's name for messages.
    public var label: String { table.label }
    /// The names of the table's columns.
    public var columns: [String] { table.columns }
    /// What was asked for so far.
    public var statistics: Statistics { state.read { $0.statistics } }
    /// Whether the table could be read when it was last asked.
    public var isReadable: Bool { state.read { $0.failedAt == nil } }

    /// Returns the rows of keys, without those that are not there.
    ///
    /// - Throws: `network`, `denied` or another error of the table, if the stream does not go on without it.
    public func rows(forKeys keys: some Sequence<Text>) throws -> [Text: [Text?]] {
        let now = clock.elapsed()
        var (rows, wanted) = ([Text: [Text?]](), [Text]())
        state.update { state in
            for key in Set(keys) {
                if let entry = state.recent[key] ?? state.earlier[key], now - entry.since < maximumAge {
                    state.statistics.cached += 1
                    keep(entry, key, &state)
                    rows[key] = entry.values
                } else {
                    wanted.append(key.detached())
                }
            }
        }
        guard !wanted.isEmpty else { return rows }
        wanted.sort()
        var start = 0
        while start < wanted.count {
            let part = Array(wanted[start..<min(start + Self.queryMax, wanted.count)])
            start += part.count
            let answer = try ask(part)
            state.update { take(answer, part, &$0, &rows) }
        }
        return rows
    }

    /// Makes a row one of the recent ones.
    private func keep(_ entry: Entry, _ key: Text, _ state: inout State) {
        if state.recent[key] == nil, state.recent.count >= maximumCount / 2 {
            (state.earlier, state.recent) = (state.recent, [:])
        }
        state.recent[key.detached()] = entry
    }

    /// Takes the answer to a query; nil if there was none.
    private func take(
        _ answer: [Text: [Text?]]?, _ keys: [Text], _ state: inout State, _ rows: inout [Text: [Text?]]
    ) {
        let now = clock.elapsed()
        guard let answer else {
            for key in keys {
                if let entry = state.recent[key] ?? state.earlier[key] {
                    state.statistics.stale += 1
                    rows[key] = entry.values
                } else {
                    state.statistics.failed += 1
                    state.failedKeys += 1
                }
            }
            return
        }
        for key in keys {
            let values = answer[key]
            if values == nil { state.statistics.missing += 1 } else { state.statistics.found += 1 }
            keep(Entry(values: values, since: now), key, &state)
            rows[key] = values
        }
    }

    // MARK: Queries

    /// Asks the table for keys. Returns nil if it cannot be read and the stream goes on without it.
    private func ask(_ keys: [Text]) throws -> [Text: [Text?]]? {
        switch onFailure {
        case .wait(let patience): return try askPatiently(keys, patience)
        case .goOn:
            let now = clock.elapsed()
            if let failedAt = state.read({ $0.failedAt }), now - failedAt < Self.pause { return nil }
            do { return try askOnce(keys) } catch {
                // What will not pass is a mistake, such as a column that is not there.
                if let error = error as? SwiftwaterError, !error.isRetryable { throw error }
                if noteFailure() {
                    logger.warning("\(label): \(Self.words(error)); keys that are not known count as missing")
                }
                return nil
            }
        }
    }

    private func askPatiently(_ keys: [Text], _ patience: Duration) throws -> [Text: [Text?]] {
        let begin = clock.elapsed()
        var pause = Duration.milliseconds(100)
        while true {
            do { return try askOnce(keys) } catch let error as SwiftwaterError {
                let isNew = noteFailure()
                guard error.isRetryable, clock.elapsed() - begin + pause <= patience else { throw error }
                if isNew { logger.warning("\(label): \(Self.words(error)); the batch waits") }
                clock.wait(until: clock.now() + pause) { false }
                pause = min(pause * 2, Self.pause)
            }
        }
    }

    /// Notes that the table cannot be read. Returns whether that is new.
    private func noteFailure() -> Bool {
        state.update { state in
            defer { state.failedAt = clock.elapsed() }
            return state.failedAt == nil
        }
    }

    private func askOnce(_ keys: [Text]) throws -> [Text: [Text?]] {
        let answer = try table.rows(forKeys: keys)
        let failedKeys: Int? = state.update { state in
            state.statistics.queries += 1
            defer { (state.failedAt, state.failedKeys) = (nil, 0) }
            return state.failedAt == nil ? nil : state.failedKeys
        }
        if let failedKeys {
            logger.warning("\(label): can be read again\(failedKeys == 0 ? "" : "; \(failedKeys) keys had no row")")
        }
        var rows: [Text: [Text?]] = [:]
        for row in answer {
            guard row.values.count == columns.count else {
                throw SwiftwaterError(
                    .malformedInput, "\(label): a row of \(row.values.count) values for \(columns.count) columns")
            }
            rows[row.key.detached()] = row.values.map { $0?.detached() }
        }
        return rows
    }

    private static func words(_ error: any Error) -> String { (error as? SwiftwaterError)?.message ?? "\(error)" }
}
