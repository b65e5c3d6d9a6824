/// Where a service is.
package struct LiveServerAddress: Sendable, Equatable {
    package var host: String
    package var port: Int
    package var isSecure: Bool

    package init(host: String, port: Int, isSecure: Bool) {
        (self.host, self.port, self.isSecure) = (host, port, isSecure)
    }

    /// The host, with the port unless it is the usual one.
    var label: String { host + (port == (isSecure ? 443 : 80) ? "" : ":\(port)") }

    /// The address for requests, without a path.
    var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(name):\(port)"
    }
}
