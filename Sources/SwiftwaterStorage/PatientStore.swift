import SwiftwaterCore

/// A store that waits while the one behind it fails, and says so.
///
/// A stream keeps its log in it: the store may fail for some minutes, and the stream goes on where it was.
public final class PatientStore: ObjectStore {
    private let base: any ObjectStore
    private let patience: Duration
    private let clock: any StreamClock
    private let notice: @Sendable (String) -> Void
    private struct State {
        /// Since when the store fails; nil if it works.
        var failingSince: Duration?
        /// When the operations that run began, by their numbers.
        var begins: [Int: Duration] = [:]
        var next = 0
        /// When an operation last succeeded.
        var succeeded: Duration = .zero
    }

    private let state = Monitor(State())
    /// The time after which operations are reported that have neither failed for good nor succeeded.
    private static let silence: Duration = .seconds(10)

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - patience: how long an operation is tried again after errors that may pass.
    ///   - notice: receives when the store begins to fail, and when it works again.
    ///   - base: the store that may fail.
    ///   - clock: tells the time.
    public init(
        _ base: any ObjectStore, patience: Duration, clock: any StreamClock = SystemClock(),
        notice: @escaping @Sendable (String) -> Void
    ) {
        (self.base, self.patience, self.clock, self.notice) = (base, patience, clock, notice)
    }

    deinit { if state.read({ $0.failingSince != nil }) { base.traffic.stream(isWaiting: false) } }

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
        let oldest = state.read { state in state.begins.values.min().map { max($0, state.succeeded) } }
        guard let oldest, clock.elapsed() - oldest > Self.silence, isNews(failingSince: oldest) else { return }
        notice(
            "the store does not answer, or refuses for now, and the stream waits for it, for up to \(patience.label)")
    }

    /// Notes that the store fails. Returns whether this is news.
    private func isNews(failingSince time: Duration) -> Bool {
        state.update { state in
            guard state.failingSince == nil else { return false }
            state.failingSince = time
            base.traffic.stream(isWaiting: true)
            return true
        }
    }

    /// Notes that an operation succeeded. Returns how long the store failed before; nil if it did not.
    private func succeeded() -> Duration? {
        state.update { state in
            state.succeeded = clock.elapsed()
            guard let since = state.failingSince else { return nil }
            state.failingSince = nil
            base.traffic.stream(isWaiting: false)
            return state.succeeded - since
        }
    }

    private func patiently<Result>(_ body: (_ attempt: Int) throws -> Result) throws -> Result {
        let begin = clock.elapsed()
        let number = state.update { state in
            state.next += 1
            state.begins[state.next] = begin
            return state.next
        }
        defer { state.update { $0.begins[number] = nil } }
        var attempt = 0
        while true {
            do {
                let result = try body(attempt)
                if let time = succeeded() { notice("the store works again after \(time.label)") }
                return result
            } catch let error as SwiftwaterError where error.isRetryable && clock.elapsed() - begin < patience {
                if isNews(failingSince: begin) {
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
