/// What may have been meant by an option or a command that is not there.
enum OptionSuggestion {
    /// Other words for options, such as Spark's parameters: lowercase, without dashes.
    private static let synonyms: [String: [String]] = [
        "regparam": ["regularization", "regularizations"], "lambda": ["regularization", "regularizations"],
        "reg": ["regularization", "regularizations"], "maxiter": ["max-iterations"], "iterations": ["max-iterations"],
        "iter": ["max-iterations"], "epochs": ["max-iterations"], "numiterations": ["max-iterations"],
        "k": ["top", "k", "ranking", "rank"], "n": ["top", "count"], "count": ["top", "for-users"],
        "limit": ["top", "for-users"], "numitems": ["top", "for-users"], "topk": ["top", "for-users"],
        "topn": ["top", "for-users"], "num": ["top", "for-users"], "factors": ["rank"], "numfactors": ["rank"],
        "usercol": ["user-column"], "itemcol": ["item-column"], "ratingcol": ["rating-column"],
        "timestampcol": ["timestamp-column"], "sep": ["separator"], "delimiter": ["separator"],
        "header": ["no-header"], "output": ["out"], "o": ["out"], "outfile": ["out"], "implicitprefs": ["implicit"],
        "coldstartstrategy": ["drop-unknown"], "input": ["source", "from"], "batchinterval": ["batch"],
        "batchduration": ["batch"], "interval": ["batch", "checkpoint-interval"], "windowlength": ["window"],
        "windowduration": ["window"], "slideinterval": ["slide"], "slideduration": ["slide"], "numfolds": ["folds"],
        "cv": ["folds"], "checkpointdir": ["checkpoint"], "checkpointlocation": ["checkpoint", "cluster-checkpoint"],
        "nonnegative": ["solver"], "numblocks": ["threads"], "numpartitions": ["threads", "master"],
        "cores": ["threads", "master"], "trainratio": ["split"], "weights": ["split"], "films": ["movies"],
        "catalog": ["movies"], "catalogue": ["movies"], "titles": ["movies"], "address": ["host"], "bind": ["host"],
        "statedir": ["state"], "dir": ["out", "state"], "silent": ["quiet"], "debug": ["verbose"], "v": ["verbose"],
    ]

    /// Returns the option that was probably meant; nil if none is near.
    ///
    /// - Parameters:
    ///   - word: what was written, with its dashes.
    ///   - options: the names of the command's options, without dashes.
    static func option(for word: String, among options: [String]) -> String? {
        let wanted = plain(word)
        if let known = synonyms[wanted]?.first(where: options.contains) { return known }
        if wanted.count >= 3 {
            let begun = options.filter { plain($0).hasPrefix(wanted) || wanted.hasPrefix(plain($0)) && $0.count >= 3 }
            if let shortest = begun.min(by: { ($0.count, $0) < ($1.count, $1) }) { return shortest }
        }
        if let near = nearest(wanted, options) { return near }
        return nearest(wanted, synonyms.keys.sorted()).flatMap { synonyms[$0]?.first(where: options.contains) }
    }

    /// Returns the name that is nearest to a word by its letters; nil if none is near.
    static func nearest(_ word: String, _ names: [String]) -> String? {
        let wanted = plain(word)
        let limit = max(1, wanted.count / 3)
        let near = names.map { (name: $0, distance: distance(wanted, plain($0))) }.filter { $0.distance <= limit }
        return wanted.count < 2 ? nil : near.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    private static func plain(_ word: String) -> String { word.lowercased().filter { $0 != "-" && $0 != "_" } }

    /// Returns the number of letters to insert, remove, replace, or exchange with the next, at least (the distance of
    /// Damerau and Levenshtein, without changes of what was exchanged).
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left), Array(right))
        var rows = [[Int](0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
