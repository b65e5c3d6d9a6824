import SwiftwaterCore
import SwiftwaterStreaming

extension TrendState {
    /// Returns what is known about authors with those of a batch, which are looked up at once if they have to be.
    func authors(of rdd: RDD<Text>) throws -> AuthorValues {
        guard let table = enrichment?.table else { return authors }
        let found = try rdd.mapBlocks(named: "readAuthors", groups: TrendState.partials) { _, forEachBlock, sink in
            var reader = AuthorReader()
            try forEachBlock { reader.read($0) }
            try sink(reader.authors)
        }.collect()
        let ids = found.reduce(into: Set<Text>()) { $0.formUnion($1) }
        guard !ids.isEmpty else { return authors }
        let rows = try table.rows(forKeys: ids)
        var after = authors
        for id in ids { after.set(id, table.columns, rows[id] ?? []) }
        return after
    }

    /// Forgets authors and values that no window reads any longer, when they have doubled since the last time.
    func forgetAuthors() {
        guard enrichment?.table != nil, authors.size > 2 * authorsSize else { return }
        var (values, posts) = (Set<UInt64>(), Set<UInt64>())
        for shard in shards { shard.collect(values: &values, authors: &posts) }
        authors.keepOnly(posts, values)
        authorsSize = max(10_000, authors.size)
    }
}
