import NIOCore
import SwiftwaterStreaming

/// Passes incoming bytes to a reader, and continues to read only while the store has room.
final class ReceivingHandler<Reader: ConnectionReader>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let store: ReceiverStore
    private var reader: Reader
    private let onBytes: () -> Void

    /// Creates a handler.
    ///
    /// - Parameter onBytes: called when bytes arrive.
    init(store: ReceiverStore, reader: Reader, onBytes: @escaping () -> Void) {
        (self.store, self.reader, self.onBytes) = (store, reader, onBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onBytes()
        do { try reader.take(unwrapInboundIn(data), into: store, on: context.channel) } catch {
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if store.hasRoom {
            context.read()
        } else {
            let channel = context.channel
            // There may be room only after the receiver has stopped.
            store.whenRoom { if channel.isActive { channel.read() } }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
