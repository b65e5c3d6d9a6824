import SwiftwaterCore

/// The stores that paths can name by their scheme, in the whole process. `RemoteStores.register()` in
/// `SwiftwaterConnectors` adds those that come with the package.
public enum StoreRegistry {
    /// Opens the store of an authority, such as a bucket.
    public typealias Opening = @Sendable (StoreAddress) throws -> any ObjectStore

    private struct State {
        var openings: [String: Opening] = [:]
        var open: [String: StoreFileSystem] = [:]
    }

    private static let state = Monitor(State())

    /// Adds a scheme, or replaces what it names.
    ///
    /// - Parameter open: is called once for each authority; the keys of the store are those of addresses.
    /// - Parameter scheme: what addresses begin with, such as `s3`.
    public static func register(_ scheme: String, _ open: @escaping Opening) {
        state.update { state in
            state.openings[scheme] = open
            state.open = state.open.filter { !$0.key.hasPrefix(scheme + "://") }
        }
    }

    /// The schemes that are known, in order.
    public static var schemes: [String] { state.read { $0.openings.keys.sorted() } }

    /// What was sent to each open store and received from it, in the order of their addresses, such as `s3://bucket/`.
    public static var traffic: [(root: String, counts: StoreTraffic.Counts)] {
        state.read { $0.open }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            ($0.key, $0.value.store.traffic.counts)
        }
    }

    /// Returns the files of an address's store.
    ///
    /// - Throws: `invalidArgument` for an unknown scheme, and the errors of opening the store.
    static func files(_ address: StoreAddress) throws -> StoreFileSystem {
        let root = "\(address.scheme)://\(address.authority)/"
        let (known, opening) = state.read { ($0.open[root], $0.openings[address.scheme]) }
        if let known { return known }
        guard let opening else {
            let known = schemes.map { $0 + "://" }.joined(separator: ", ")
            throw SwiftwaterError(
                .invalidArgument, "no store is known for \(address.scheme)://", at: .init(file: root + address.key),
                remedy: known.isEmpty
                    ? "use a local path, or a program that was built with stores"
                    : "use a local path, or one of \(known)")
        }
        let files = StoreFileSystem(try opening(address), root: root)
        // Of two that open it at a time, one stays.
        return state.update { state in
            if let other = state.open[root] { return other }
            state.open[root] = files
            return files
        }
    }
}
