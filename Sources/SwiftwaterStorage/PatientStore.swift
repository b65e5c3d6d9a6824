import SwiftwaterCore

/// A store that waits while the one behind it fails, and says so.
///
/// A stream keeps its log in it: the store may fail for some minutes, and the stream goes on where it was.
public final class PatientStore: ObjectStore {
    private let base: any ObjectStore
    private let patience: Duration
    private let clock: any StreamClock
    private let notice: @Sendable (String) -> Void
    private let isFailing = Monitor(false)
    /// When the operations that run began, by their numbers.
    private let running = Monitor<(begins: [Int: Duration], next: Int)>(([:], 0))
    /// The time after which an operation is reported that has neither failed nor succeeded.
    private static let silence: Duration = .seconds(10)

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - patience: how long an operation is tried again after errors that may pass.
    ///   - notice: receives when the store begins to fail, and when it works again.
    public init(
        _ base: any ObjectStore, patience: Duration, clock: any StreamClock = SystemClock(),
        notice: @escaping @Sendable (String) -> Void
    ) {
        (self.base, self.patience, self.clock, self.notice) = (base, patience, clock, notice)
    }

    deinit { if isFailing.read({ $0 }) { base.traffic.stream(isWaiting: false) } }

    /// Also reports operations that take long, from a thread that ends with the store.
    package func watch() {
        SystemThread.start(named: "store-watch") { [weak self] in
            let pause = Monitor(())
            while let store = self {
                store.reportSilence()
                _ = pause.wait(atMost: .seconds(1)) { _ in nil as Void? }
            }
        }
    }

    private func reportSilence() {
        guard let oldest = running.read({ $0.begins.values.min() }), clock.elapsed() - oldest > Self.silence,
            begins(failing: true)
        else { return }
        notice("the store does not answer, and the stream waits for it, for up to \(patience.label)")
    }

    /// Returns whether this is news.
    private func begins(failing: Bool) -> Bool {
        isFailing.update { was in
            guard was != failing else { return false }
            was = failing
            base.traffic.stream(isWaiting: failing)
            return true
        }
    }

    private func patiently<Result>(_ body: (_ attempt: Int) throws -> Result) throws -> Result {
        let begin = clock.elapsed()
        let number = running.update { running in
            running.next += 1
            running.begins[running.next] = begin
            return running.next
        }
        defer { running.update { $0.begins[number] = nil } }
        var attempt = 0
        while true {
            do {
                let result = try body(attempt)
                if begins(failing: false) {
                    notice("the store answers again after \((clock.elapsed() - begin).label)")
                }
                return result
            } catch let error as SwiftwaterError where error.isRetryable && clock.elapsed() - begin < patience {
                if begins(failing: true) {
                    notice("the store fails, and the stream waits for it, for up to \(patience.label): \(error)")
                }
                attempt += 1
                clock.wait(until: clock.now() + .seconds(1), orUntil: { false })
            }
        }
    }

    /// Writes an object, replacing any object with the key.
    @discardableResult
    public func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
        try patiently { _ in try base.put(key, bytes) }
    }

    /// Writes an object if there is none with the key. An object with the same bytes that is there after a failed
    /// attempt counts as written by it.
    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
        try patiently { attempt in
            if let version = try base.putIfAbsent(key, bytes) { return version }
            guard attempt > 0, let info = try base.info(key), try base.get(key) == bytes else { return nil }
            return info.version
        }
    }

    /// Returns all bytes of an object.
    public func get(_ key: String) throws -> [UInt8] { try patiently { _ in try base.get(key) } }

    /// Returns the bytes in a range of an object, up to the object's end.
    public func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] {
        try patiently { _ in try base.get(key, range) }
    }

    /// Returns an object's length and version; nil if the object does not exist.
    public func info(_ key: String) throws -> ObjectInfo? { try patiently { _ in try base.info(key) } }

    /// Returns the objects whose keys begin with `prefix`, ordered by the keys' bytes.
    public func list(prefix: String) throws -> [ObjectInfo] { try patiently { _ in try base.list(prefix: prefix) } }

    /// Removes an object. Does nothing if there is none.
    public func delete(_ key: String) throws { try patiently { _ in try base.delete(key) } }

    /// Reads the bytes that begin at `offset` into memory.
    public func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int {
        try patiently { _ in try base.read(key, at: offset, into: memory) }
    }

    /// Returns how messages name an object.
    public func name(of key: String) -> String { base.name(of: key) }

    /// What was sent and received, and whether a stream waits.
    public var traffic: StoreTraffic { base.traffic }
}
