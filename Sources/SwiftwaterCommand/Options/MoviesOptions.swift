import ArgumentParser
import Swiftwater

/// Options for a file of titles and genres.
struct MoviesOptions: ParsableArguments {
    @Option(
        name: [.customLong("movies"), .customLong("catalogue")],
        help: ArgumentHelp("CSV file of titles, and genres if it has some.", valueName: "file"))
    var movies: String?
    @Option(
        name: .customLong("movies-format"),
        help: ArgumentHelp("Its format: movielens-100k (u.item) or movielens-1m (movies.dat).", valueName: "name"))
    var preset: RatingsPreset?
    @Option(
        help: "Its columns of ids, titles and genres: names in any case, or numbers. (default: movieId,title,genres)")
    var moviesColumns: String?
    @Option(help: "Its field separator, or tab.") var moviesSeparator: String?
    @Option(help: "Its encoding: utf-8, latin-1 or utf-16.") var moviesEncoding: TextEncoding?

    func validate() throws {
        if movies == nil, preset != nil || moviesColumns != nil || moviesSeparator != nil || moviesEncoding != nil {
            throw ValidationError("options that begin with --movies- require --movies.")
        }
        if let moviesColumns, !(2...3).contains(moviesColumns.split(separator: ",").count) {
            throw ValidationError("--movies-columns takes ID,TITLE or ID,TITLE,GENRES, not '\(moviesColumns)'.")
        }
    }

    var format: Catalogue.Format {
        var format = Catalogue.Format()
        switch preset {
        case .movieLens100K: format = .movieLens100K
        case .movieLens1M: format = .movieLens1M
        case nil: break
        }
        if let columns = moviesColumns?.split(separator: ",").map(String.init) {
            (format.idColumn, format.titleColumn) = (columns[0], columns[1])
            format.genresColumn = columns.count > 2 ? columns[2] : ""
        }
        format.separator = moviesSeparator.map(RatingsColumnsOptions.unescaped) ?? format.separator
        format.encoding = moviesEncoding ?? format.encoding
        return format
    }

    /// Reads the file and reports what could not be read. Returns an empty catalog if there is no file.
    func read(_ console: Console) throws -> Catalogue {
        guard let movies else { return Catalogue() }
        let (catalogue, report) = try Catalogue.read(movies, format: format)
        if report.malformedRows > 0 {
            console.remark("\(movies): \(Format.count(report.malformedRows)) rows could not be read:")
            for sample in report.samples { console.remark("  \(TerminalText.safe("\(sample)"))") }
        }
        if report.untitled > 0 {
            let count = "\(Format.count(report.untitled)) \(report.untitled == 1 ? "row has" : "rows have")"
            console.remark("\(movies): \(count) no title")
        }
        if report.isRepaired {
            console.remark("\(movies): the file is not UTF-8; --movies-encoding latin-1 may be right")
        }
        return catalogue
    }

    /// Says how many of a model's items have no title, if it is most of them: the file may be that of other data.
    func remark(on catalogue: Catalogue, for items: IdentifierTable, _ console: Console) {
        guard let movies else { return }
        let missing = (0..<items.count).count { catalogue.title(items[$0]) == items[$0] }
        guard missing > items.count / 2 else { return }
        console.remark(
            "\(movies): \(Format.count(missing)) of the model's \(Format.count(items.count)) items have no title there, "
                + "and show their ids")
    }
}
