import NIOCore
import NIOPosix
import SwiftwaterCore

/// Why a connection failed, in words.
enum ConnectionFailure {
    /// Returns why, in the words of the system if there are any.
    static func words(_ error: any Error) -> String {
        if let failed = error as? NIOConnectionError {
            guard let first = failed.connectionErrors.first?.error else {
                return "no address is known for \(failed.host)"
            }
            return words(first)
        }
        if let known = error as? IOError { return SystemInformation.message(known.errnoCode) }
        if case ChannelError.connectTimeout = error { return "the connection was not made in time" }
        return (error as? SwiftwaterError)?.message ?? "\(error)"
    }
}
