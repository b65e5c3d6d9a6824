import NIOCore
import SwiftwaterCore
import SwiftwaterStreaming

extension StreamingContext {
    /// Returns a stream of the lines that a TCP server sends, in UTF-8, ending in LF or CRLF.
    ///
    /// Where the server cannot be reached or closes the connection, the source connects again, at once and then with
    /// growing delays (`settings.reconnect`). A line that a closing connection leaves without an end is delivered.
    public func socketTextStream(host: String, port: Int) -> DStream<Text> {
        let receiver = ConnectionReceiver(
            .connect(host: host, port: port), reconnect: settings.reconnect, logger: engine.logger
        ) { PlainTextReader() }
        return receiverStream(receiver, name: "socket \(host):\(port)")
    }
}

/// Lines one after the other, without any protocol.
private struct PlainTextReader: ConnectionReader {
    func take(_ bytes: ByteBuffer, into store: ReceiverStore, on channel: any Channel) {
        bytes.withUnsafeReadableBytes { _ = store.store($0) }
    }
}
