import SwiftwaterCore

/// Makes connections. Everything it calls is called on one thread, in order.
package protocol LiveTransport: Sendable {
    /// Connects to a service.
    ///
    /// - Parameter on: receives what happens; `closed` comes last, once. Returns whether to read on after `paused`.
    func connect(_ request: LiveRequest, on: @escaping @Sendable (LiveEvent) -> Bool) -> any LiveConnection
    /// Calls `body` on the thread after a time, or at once.
    func schedule(in delay: Duration, _ body: @escaping @Sendable () -> Void)
    /// Ends all connections. Nothing is called after it returns.
    func shutDown()
}

/// A connection of a transport.
package protocol LiveConnection: AnyObject, Sendable {
    /// Reads on.
    func read()
    /// Closes the connection.
    func close()
}

/// What happens to a connection.
package enum LiveEvent {
    /// The service accepted.
    case opened
    /// Something came that is not for the reader, such as a ping.
    case heard
    /// A message, or bytes of a stream, valid during the call.
    case bytes(UnsafeRawBufferPointer)
    /// All that has come was handed over. The connection reads on if this is answered with true, or with `read()`.
    case paused
    /// The service refused.
    case answered(status: Int, words: String, retryAfter: Duration?)
    /// The connection ended. Does not come after `answered`.
    case closed(String)
    /// The connection ended, and trying again is of no use.
    case failed(SwiftwaterError)
}
