import Foundation
import SwiftwaterCore
import SwiftwaterFormats

/// A TCP connection that can send anything, including requests that no well-behaved client sends. It blocks its own
/// threads, not those of the server.
public final class RawConnection: Sendable {
    private let descriptor: Int32

    /// Connects to a port on this machine.
    ///
    /// - Parameter receiveBuffer: The size of the receive buffer in bytes; by default, the system's.
    public init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw SwiftwaterError(.network, "cannot connect to port \(port): \(SystemInformation.message(number))")
        }
        var time = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            SystemThread.start(named: "raw") { continuation.resume(returning: body()) }
        }
    }

    /// Sends text; returns whether all of it could be sent.
    @discardableResult
    public func say(_ text: String) async -> Bool { await say(Array(text.utf8)) }

    /// Sends bytes; returns whether all of them could be sent.
    @discardableResult
    public func say(_ bytes: [UInt8]) async -> Bool {
        await onThread { [self] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Returns what arrives until `condition` holds, or the connection is closed or silent for 20 seconds.
    public func hear(until condition: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String {
        await onThread { [self] in
            var heard: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return String(decoding: heard, as: UTF8.self) }
                heard += buffer[..<count]
                let text = String(decoding: heard, as: UTF8.self)
                if condition(text) { return text }
            }
        }
    }

    /// Reads slowly, at most `bytes` per `pause`, until `condition` holds or the connection ends. Returns the number of
    /// bytes.
    public func hear(
        atMost bytes: Int, each pause: Duration, until condition: @escaping @Sendable (Int) -> Bool
    ) async -> Int {
        await onThread { [self] in
            var heard = 0
            var buffer = [UInt8](repeating: 0, count: bytes)
            while !condition(heard) {
                usleep(UInt32(pause / .microseconds(1)))
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                heard += count
            }
            return heard
        }
    }

    /// Returns whether the other side has closed the connection, or closes it within 20 seconds.
    public func isClosed() async -> Bool {
        await onThread { [self] in
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, 0) <= 0 && errno != EAGAIN
        }
    }
}
