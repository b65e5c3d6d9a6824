import NIOCore
import SwiftwaterCore
import SwiftwaterStreaming

extension StreamingContext {
    /// Returns a stream of the lines that a TCP server sends, in UTF-8, ending in LF or CRLF.
    ///
    /// If the server cannot be reached or closes the connection, the source reconnects, at once and then with growing
    /// delays (`settings.reconnect`). A last line without a line end is delivered when the connection closes.
    public func socketTextStream(host: String, port: Int) -> DStream<Text> {
        let receiver = ConnectionReceiver(
            .connect(host: host, port: port), reconnect: settings.reconnect, logger: engine.logger
        ) { PlainTextReader() }
        return receiverStream(receiver, name: "socket \(host):\(port)")
    }
}

/// Reads plain lines, without a protocol.
private struct PlainTextReader: ConnectionReader {
    func take(_ bytes: ByteBuffer, into store: ReceiverStore, on channel: any Channel) {
        bytes.withUnsafeReadableBytes { _ = store.store($0) }
    }
}
