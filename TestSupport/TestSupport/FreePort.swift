import Foundation
import SwiftwaterCore

/// A TCP port of this machine that nobody listens on.
public enum FreePort {
    /// Lets the system choose a port. For programs that must come back on the same port after a restart; others listen
    /// on port 0.
    public static func choose() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard result == 0 else { throw SwiftwaterError(.network, SystemInformation.message(errno)) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
