import NIOCore
import NIOPosix
import SwiftwaterCore
import SwiftwaterPlatform

/// Why a connection failed, or cannot be waited for, in words.
package enum ConnectionFailure {
    /// Returns why, in the words of the system if there are any.
    static func words(_ error: any Error) -> String {
        if let failed = error as? NIOConnectionError {
            guard let first = failed.connectionErrors.first?.error else {
                return "no address is known for \(failed.host)"
            }
            return words(first)
        }
        if let unknown = error as? SocketAddressError.UnknownHost { return "no address is known for \(unknown.host)" }
        if let known = error as? IOError { return SystemInformation.message(known.errnoCode) }
        if case ChannelError.connectTimeout = error { return "the connection was not made in time" }
        return (error as? SwiftwaterError)?.message ?? "\(error)"
    }

    /// Returns the error of a program that cannot listen on an address.
    package static func listening(_ host: String, _ port: Int, _ error: any Error) -> SwiftwaterError {
        let code = (error as? IOError)?.errnoCode
        let isInUse = code == EADDRINUSE
        return SwiftwaterError(
            .network, "cannot listen on \(host):\(port): \(isInUse ? "the port is in use" : words(error))",
            remedy: isInUse
                ? "stop the program that uses it, or choose another port"
                : code == EACCES ? "choose a port above 1023" : "name an address of this machine",
            setting: isInUse || code == EACCES ? .port : nil)
    }
}
