import SwiftwaterCore

/// A long transfer between this program and a store, as someone sees it who waits for it.
public struct StoreTransfer: Sendable, Equatable {
    /// The object's address.
    public let path: String
    /// The bytes that came, or went, so far.
    public let byteCount: Int
    /// The bytes of all of it; nil if it is not known, as for what is being written.
    public let totalBytes: Int?
    /// Whether this is the last report.
    public let isOver: Bool

    /// Objects of fewer bytes are not reported.
    static let reportedBytes = 16 << 20
    private static let pause: Duration = .milliseconds(200)
    private typealias Observer = @Sendable (StoreTransfer) -> Void
    private static let observer = Monitor<Observer?>(nil)

    /// Reports every long transfer of the process to a closure, some times a second, from any thread.
    public static func observe(_ body: @escaping @Sendable (StoreTransfer) -> Void) { observer.update { $0 = body } }

    /// Reads an object, and reports how far it is by what its store received.
    static func reading<Result>(
        _ path: String, _ byteCount: Int, from traffic: StoreTraffic, _ body: () throws -> Result
    ) rethrows -> Result {
        guard byteCount >= reportedBytes, let observer = observer.read({ $0 }) else { return try body() }
        let begin = traffic.counts.receivedBytes
        let isOver = Monitor(false)
        let isReported = Monitor(false)
        SystemThread.start(named: "store-progress") {
            while isOver.wait(atMost: pause, for: { $0 ? () : nil }) == nil {
                let count = min(byteCount, traffic.counts.receivedBytes - begin)
                observer(StoreTransfer(path: path, byteCount: count, totalBytes: byteCount, isOver: false))
            }
            isReported.update { $0 = true }
        }
        defer {
            isOver.update { $0 = true }
            // So that nothing is reported after the end.
            isReported.wait { $0 ? () : nil }
            observer(StoreTransfer(path: path, byteCount: byteCount, totalBytes: byteCount, isOver: true))
        }
        return try body()
    }

    /// Reports what is written, whenever as much more is written as is worth it.
    struct Writing {
        let path: String
        private var reported = 0
        private(set) var byteCount = 0

        init(_ path: String) { self.path = path }

        mutating func add(_ count: Int) {
            byteCount += count
            guard byteCount - reported >= StoreTransfer.reportedBytes else { return }
            reported = byteCount
            observer.read { $0 }?(StoreTransfer(path: path, byteCount: byteCount, totalBytes: nil, isOver: false))
        }

        func end() {
            guard reported > 0 else { return }
            observer.read { $0 }?(StoreTransfer(path: path, byteCount: byteCount, totalBytes: nil, isOver: true))
        }
    }
}
