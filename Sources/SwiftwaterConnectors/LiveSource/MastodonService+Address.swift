import SwiftwaterCore
import SwiftwaterStorage

extension MastodonService {
    /// Reads an address: `mastodon://INSTANCE[,INSTANCE]/public`, `/public/local`, `/public/remote`, `/hashtag/NAME` or
    /// `/hashtag/NAME/local`; `mastodon:http://HOST:PORT/...` for an instance without TLS.
    ///
    /// - Throws: `invalidArgument`, with what is wrong.
    static func services(_ address: ServiceAddress, environment: [String: String]) throws -> [MastodonService] {
        let remedy = "write mastodon://INSTANCE/public, /public/local or /hashtag/NAME"
        var (rest, isSecure) = (Substring(address.rest), true)
        if !address.hasSlashes {
            guard rest.hasPrefix("http://") else { throw address.problem("names no instance", remedy) }
            (rest, isSecure) = (rest.dropFirst(7), false)
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let path = streamPath(String(parts[1])) else {
            throw address.problem("names no stream of an instance", remedy)
        }
        guard address.parameters.isEmpty else {
            throw address.problem("has the parameter \(address.parameters[0].name), which is not known", remedy)
        }
        let instances = try parts[0].split(separator: ",", omittingEmptySubsequences: false).map {
            try address.server($0, port: isSecure ? 443 : 80)
        }
        let tokens = try tokens(of: instances.map(\.host), environment)
        return instances.map { host, port in
            MastodonService(host: host, port: port, isSecure: isSecure, target: path, token: tokens[host])
        }
    }

    private static func streamPath(_ path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let base = "/api/v1/streaming/"
        switch parts.first {
        case "public" where parts.count == 1: return base + "public"
        case "public" where parts.count == 2 && ["local", "remote"].contains(parts[1]):
            return base + "public/" + parts[1]
        case "hashtag" where parts.count == 2 || parts.count == 3 && parts[2] == "local":
            let name = PercentEncoding.decoded(parts[1].replacing("+", with: "%2B"))
            let tag = name.hasPrefix("#") ? String(name.dropFirst()) : name
            guard !tag.isEmpty else { return nil }
            return base + "hashtag" + (parts.count == 3 ? "/local" : "") + "?tag=" + PercentEncoding.encoded(tag)
        default: return nil
        }
    }

    /// Returns the token of each instance: `MASTODON_TOKEN` if there is one instance, and otherwise those of the file
    /// that `MASTODON_TOKENS_FILE` names, with a line `INSTANCE TOKEN` for each. A token goes to its instance only.
    private static func tokens(of hosts: [String], _ environment: [String: String]) throws -> [String: Secret] {
        if hosts.count == 1, let token = environment["MASTODON_TOKEN"], !token.isEmpty {
            return [hosts[0]: try checked(token, "MASTODON_TOKEN")]
        }
        guard let path = environment["MASTODON_TOKENS_FILE"], !path.isEmpty else { return [:] }
        var tokens: [String: Secret] = [:]
        let text = String(decoding: try LocalFileSystem().read(path), as: UTF8.self)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard words.count == 2 else {
                throw SwiftwaterError(
                    .malformedInput, "the line is not INSTANCE TOKEN", at: .init(file: path, line: index + 1),
                    remedy: "write an instance, a space and its token in each line")
            }
            tokens[String(words[0])] = try checked(String(words[1]), path)
        }
        return tokens
    }

    private static func checked(_ token: String, _ place: String) throws -> Secret {
        let token = token.filter { !$0.isWhitespace }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SwiftwaterError(
                .invalidArgument, "\(place) has a token with characters that no token has", remedy: "copy it again")
        }
        return Secret(token)
    }
}
