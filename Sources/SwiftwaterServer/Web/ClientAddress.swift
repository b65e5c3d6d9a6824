#if Server
    import SwiftwaterPlatform

    /// Reads the addresses of clients and servers as HTTP writes them.
    package enum ClientAddress {
        /// Returns the host of `host:port`, `[address]:port`, or a host alone; what is neither is returned whole, so
        /// that it equals no known name.
        package static func host(of authority: String) -> String {
            let (host, rest): (Substring, Substring)
            if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
                (host, rest) = (authority[...end], authority[authority.index(after: end)...])
            } else {
                let colon = authority.firstIndex(of: ":") ?? authority.endIndex
                (host, rest) = (authority[..<colon], authority[colon...])
            }
            let isPort = rest.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
            return rest.isEmpty || rest.hasPrefix(":") && isPort ? String(host) : authority
        }

        /// Returns what counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, of which a
        /// client may have all. A port, which some proxies append, does not count.
        package static func key(_ address: String) -> String {
            let isBare = address.utf8.count { $0 == UInt8(ascii: ":") } > 1 && !address.hasPrefix("[")
            let host = isBare ? address : Self.host(of: address)
            let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            var bytes = in6_addr()
            guard inet_pton(AF_INET6, name, &bytes) == 1 else { return name }
            return withUnsafeBytes(of: bytes) { bytes in
                // An IPv4 address in the form of IPv6: ::ffff:192.0.2.1.
                let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
                return isMapped
                    ? bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
                    : bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "/64"
            }
        }
    }
#endif
