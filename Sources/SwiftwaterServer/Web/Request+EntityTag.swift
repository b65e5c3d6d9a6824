#if Server
    import HTTPTypes
    import Hummingbird

    extension Request {
        /// Whether the client has the version with this tag (RFC 9110, 13.1.2), perhaps compressed.
        func hasVersion(_ tag: String) -> Bool {
            let known = headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.map { String($0).trimmed }
            let compressed = String(tag.dropLast()) + "-gzip\""
            let names = ["*", tag, "W/" + tag, compressed, "W/" + compressed]
            return known.contains(where: names.contains)
        }
    }
#endif
