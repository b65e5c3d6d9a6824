import Logging
import SwiftwaterCore

/// A lookup table, as streams read it: the rows of the last load.
@usableFromInline
final class LoadedTable<Key: StreamKey, Value: Sendable>: @unchecked Sendable {
    @usableFromInline let rows: KeyTable<Key, Value>

    @usableFromInline
    init(_ pairs: [(Key, Value)]) {
        rows = KeyTable(minimumCapacity: pairs.count)
        for (key, value) in pairs {
            let hash = key.stableHash
            let entry = rows.find(key, hash)
            if entry >= 0 { rows.values[entry] = value } else { rows.insert(key, hash, value) }
        }
    }

    @inlinable
    func value(for key: Key) -> Value? {
        let entry = rows.find(key, key.stableHash)
        return entry >= 0 ? rows.values[entry] : nil
    }
}

/// A loader of a table, which loads it when a batch is made and the last load is at least the reload interval old.
@usableFromInline
final class TableLoader<Table: LookupTable>: Sendable {
    private let table: Table
    private let reloadInterval: Duration?
    private let context: Context
    private let loaded: Monitor<(table: LoadedTable<Table.Key, Table.Value>, time: BatchTime)?> = Monitor(nil)

    init(table: Table, reloadInterval: Duration?, context: Context) {
        self.table = table
        self.reloadInterval = reloadInterval
        self.context = context
    }

    func current(at time: BatchTime) throws -> LoadedTable<Table.Key, Table.Value> {
        let known = loaded.read { $0 }
        if let known, reloadInterval.map({ time - known.time < $0 }) ?? true { return known.table }
        do {
            let new = LoadedTable(try table.load())
            loaded.update { $0 = (new, time) }
            return new
        } catch {
            guard let known else { throw OperatorFailure.wrap(error, in: "join(table)") }
            context.logger.warning("cannot reload a lookup table; the old rows stay: \(error)")
            loaded.update { $0 = (known.table, time) }
            return known.table
        }
    }
}
