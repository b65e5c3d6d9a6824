import SwiftwaterCore

/// Receives text on its own threads and hands it to the engine: the seam for sources that cannot be read again.
///
/// `StreamingContext.receiverStream` makes a stream of it.
///
/// A receiver must guarantee the following, of which `SwiftwaterTesting` checks 1, 2, and 5:
/// 1. Bytes are stored in the order in which they arrive.
/// 2. `endOfInput` is called when a connection or file ends, so that a last line without a line end is delivered.
/// 3. Nothing is stored after `stop` returns.
/// 4. While `hasRoom` is false, the receiver does not read until the closure passed to `whenRoom` is called.
/// 5. The receiver can start and stop more than once in a process, each time with a new store.
public protocol TextReceiver: Sendable {
    /// Starts receiving. May be called again after `stop`, with another store.
    func start(into store: ReceiverStore) throws
    /// Stops receiving. Returns when nothing more will be stored.
    func stop()
    /// How the source is doing; nil, by default, if it does not know.
    var status: SourceStatus? { get }
}

extension TextReceiver {
    /// Nil: the source does not know how it is doing.
    public var status: SourceStatus? { nil }
}

extension StreamingContext {
    /// Returns a stream of the lines that a receiver delivers.
    ///
    /// - Parameter name: the name in messages.
    /// - Parameter receiver: receives the lines.
    public func receiverStream(_ receiver: any TextReceiver, name: String = "receiver") -> DStream<Text> {
        let store = ReceiverStore(name: name, settings: settings, context: engine)
        let context = engine
        let node = StreamNode<Text>(kind: name, slide: batchInterval, parents: [], graph: graph) { time in
            context.blocks(store.blocks(of: time), name: name)
        }
        graph.add(ReceiverInput(receiver: receiver, store: store), for: node)
        return DStream(context: self, node: node)
    }
}
