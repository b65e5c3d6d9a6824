/// Makes lines of what one connection sends.
package protocol LiveReader: Sendable {
    /// Takes a whole message of a WebSocket, or the next bytes of a stream, in pieces of any size.
    ///
    /// - Throws: why the connection is of no more use.
    mutating func take(_ bytes: UnsafeRawBufferPointer, into intake: inout LiveIntake) throws
}
