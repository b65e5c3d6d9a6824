import Swiftwater
import SwiftwaterPlatform

/// Whether a server answers at an address, and whether a port is free.
enum TCPProbe {
    /// Tries to connect to a server, on each of its addresses.
    ///
    /// - Throws: `network` with the system's reason.
    static func connect(_ host: String, _ port: Int, within limit: Duration = .seconds(3)) throws {
        var reason = "no address is known for '\(host)'"
        var remedy = "check the name and the resolver"
        try each(host, port, passive: false) { info, descriptor in
            if SwiftwaterPlatform.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return true }
            if errno == EINPROGRESS {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wanted, 1, Int32(limit.inSeconds * 1000)) == 1 else {
                    (reason, remedy) = ("no answer within \(limit.inSeconds) s", "check the network and its firewalls")
                    return false
                }
                var (number, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
                if number == 0 { return true }
                errno = number
            }
            (reason, remedy) = (SystemInformation.message(errno), "start the service there, or correct the address")
            return false
        } orElse: {
            throw SwiftwaterError(.network, "\(host):\(port) does not answer: \(reason)", remedy: remedy)
        }
    }

    /// Tries to listen on a port.
    ///
    /// - Throws: `network` with the system's reason.
    static func listen(_ host: String, _ port: Int) throws {
        var reason = "no address is known for '\(host)'"
        try each(host, port, passive: true) { info, descriptor in
            var one: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            if bind(descriptor, info.ai_addr, info.ai_addrlen) == 0,
                SwiftwaterPlatform.listen(descriptor, 1) == 0
            {
                return true
            }
            reason = SystemInformation.message(errno)
            return false
        } orElse: {
            throw SwiftwaterError(
                .network, "cannot listen on \(host):\(port): \(reason)",
                remedy: "end what listens there, or choose another port")
        }
    }

    private static func each(
        _ host: String, _ port: Int, passive: Bool, _ body: (addrinfo, Int32) -> Bool, orElse: () throws -> Void
    ) throws {
        var hints = addrinfo()
        hints.ai_socktype = streamSocketType
        hints.ai_flags = passive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let first = list else { return try orElse() }
        defer { freeaddrinfo(first) }
        for info in sequence(first: first, next: { $0.pointee.ai_next }) {
            let descriptor = socket(info.pointee.ai_family, info.pointee.ai_socktype, info.pointee.ai_protocol)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            if !passive { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
            if body(info.pointee, descriptor) { return }
        }
        try orElse()
    }
}
