import NIOCore
import SwiftwaterStreaming

/// Hands what arrives to a reader, and reads on only while the store has room.
final class ReceivingHandler<Reader: ConnectionReader>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let store: ReceiverStore
    private var reader: Reader
    private var onFirstBytes: (() -> Void)?

    /// - Parameter onFirstBytes: called once, when the other side has said something.
    init(store: ReceiverStore, reader: Reader, onFirstBytes: @escaping () -> Void) {
        (self.store, self.reader, self.onFirstBytes) = (store, reader, onFirstBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onFirstBytes?()
        onFirstBytes = nil
        do { try reader.take(unwrapInboundIn(data), into: store, on: context.channel) } catch {
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if store.hasRoom {
            context.read()
        } else {
            let channel = context.channel
            store.whenRoom { channel.read() }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
