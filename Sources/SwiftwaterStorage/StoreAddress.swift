import SwiftwaterCore

/// The address of an object or a folder in a store: `SCHEME://AUTHORITY/KEY`, such as `s3://bucket/ratings.csv`.
/// Nothing in a key is encoded.
public struct StoreAddress: Sendable, Hashable {
    /// The scheme, in small letters.
    public let scheme: String
    /// What comes before the key: a bucket, or a host and a port.
    public let authority: String
    /// The key, without the slash before it.
    public let key: String

    /// Reads an address; nil if the path has no scheme, as that of a local file. `file:` is not a store's scheme.
    public init?(_ path: String) {
        guard let colon = path.firstIndex(of: ":"), path[colon...].hasPrefix("://"), colon != path.startIndex,
            path[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { return nil }
        let scheme = path[..<colon].lowercased()
        guard scheme != "file" else { return nil }
        let rest = path[path.index(colon, offsetBy: 3)...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        self.scheme = scheme
        authority = String(rest[..<slash])
        key = String(rest[slash...].drop { $0 == "/" })
    }
}
