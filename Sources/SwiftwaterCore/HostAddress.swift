import SwiftwaterPlatform

/// What the addresses of hosts mean.
package enum HostAddress {
    /// Whether an address is one of this machine alone: 127.0.0.0/8 or ::1.
    package static func isLoopback(_ host: String) -> Bool {
        var address = in_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return UInt32(bigEndian: address.s_addr) >> 24 == 127 }
        return host == "localhost" || host == "::1"
    }
}
