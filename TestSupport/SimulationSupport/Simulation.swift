import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTesting

/// A run of a program with a log, checkpoints, states and sinks through several crashes, on a disk and a clock that
/// fail as the seed determines. The output is checked against the input. Between two runs, what the program stored may
/// be damaged: it then goes on without a fault, or refuses to start, and starts when the damage is undone.
///
/// The program reads lines `KEY ID` from a sender that waits for acknowledgments, and lines `KEY cLIFE-N` from a
/// connection that does not. It writes to files: every batch's lines, counts over a window with an inverse and over
/// windows without one, and totals since the beginning. The content of the batches is read from the lines' files;
/// everything else must follow from it.
public final class Simulation {
    /// The result of a run.
    public struct Outcome: Sendable, Equatable {
        /// A hash of all events, equal for equal seeds.
        public var digest: UInt64
        /// The number of starts of the program.
        public var lives: Int
        /// The number of batches written.
        public var batches: Int
        /// The number of times that stored files were damaged.
        public var damages: Int
        /// The number of times that a start was refused because of it.
        public var refusals: Int
        /// The problems found; empty if there are none.
        public var problems: [String]
    }

    private var damages = 0
    /// Whether the program has started since the machine last stopped.
    private var hasStarted = false
    private var refusals = 0
    let seed: UInt64
    var random: SeededRandom
    let disk: SimulatedDisk
    /// The objects of the store that takes the disk's place; nil on a disk.
    private let objects: MemoryStore?
    /// Where the program keeps its files in this life.
    var place: SimulatedPlace
    /// Drivers that were not stopped, in a store: they sleep, and may go on when another one has their place.
    private var sleepers: [StreamingContext] = []
    /// Those that ended otherwise keep their leases, too.
    private var ended: [StreamingContext] = []
    let clock: ManualClock
    var hasher: StableHasher
    var context: StreamingContext!
    let receiver = HandReceiver()
    var life = 0
    var problems: [String] = []

    // The input so far.
    var nextID = 1
    var unsafeLines: [(position: UInt64, line: String)] = []
    let safe = Monitor<UInt64>(0)
    var plainSent: [Int: Int] = [:]

    /// Receives a line for each event, for debugging a seed that fails.
    private let trace: ((String) -> Void)?

    /// Creates a run.
    ///
    /// - Parameters:
    ///   - isStored: whether the program keeps its files in a store, and goes on on another machine each time.
    ///   - trace: receives a line for each event.
    public init(seed: UInt64, isStored: Bool = false, trace: ((String) -> Void)? = nil) {
        self.seed = seed
        objects = isStored ? MemoryStore() : nil
        self.trace = trace
        random = SeededRandom(seed: seed)
        disk = SimulatedDisk(seed: seed ^ 0xD15C)
        place = SimulatedPlace(disk: disk)
        clock = ManualClock(at: BatchTime(milliseconds: 1_000_000))
        hasher = StableHasher(seed: seed)
    }

    func note(_ text: String) {
        trace?("life \(life), clock \(clock.now().milliseconds): \(text)")
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Runs the simulation to its end.
    public func run() -> Outcome {
        let crashes = 1 + random.below(5)
        for _ in 0..<crashes {
            if live(steps: 3 + random.below(12)), objects != nil {
                sleepers.append(context)
            } else if objects != nil {
                ended.append(context)
            }
            context = nil
            // Before damage, the process ends, and not the machine: the log then knows exactly what it acknowledged. After
            // a power failure, until the next start, a damaged last group cannot be told from a torn one.
            let isKill = hasDamage && random.uniform() < 0.5 && hasStarted
            if isKill { disk.kill() } else { disk.crash() }
            hasStarted = hasStarted && isKill
            setFaults(.none)
            // The clock may stand still, advance, or jump, also backwards.
            let jump = [0, 1, 2, 5, 40, -3, 3600, -600, 86_400, -86_400][random.below(10)]
            // In a store, a run may begin again where nothing was stored yet; but no clock shows a time before 1970.
            let earliest = BatchTime(milliseconds: objects == nil ? .min : 1_000_000)
            clock.set(to: max(clock.now() + .seconds(jump), earliest))
            note("\(isKill ? "kill" : "crash") \(jump)")
            if isKill { damage() }
        }
        finish()
        return Outcome(
            digest: hasher.finalize(), lives: life, batches: SimulationFiles(place).times("lines").count,
            damages: damages, refusals: refusals, problems: problems)
    }

    private var hasDamage: Bool { objects == nil && seed % 3 != 0 && seed % 5 != 0 }

    /// Damages what is stored. What the program refuses is undone.
    private func damage() {
        guard let damage = DiskDamage(disk, &random, where: { $0.hasPrefix("state/") }) else { return }
        damages += 1
        // A copy: what a start changes must not hide what it accepted.
        let probe = disk.copy(seed: random.next())
        build(on: SimulatedPlace(disk: probe))
        let failure = StartResult.of(context)
        context = nil
        note("damaged \(damage.path): \(failure.map { "\($0.code)" } ?? "accepted")")
        guard let failure else {
            // The next start writes the files again. Damage to both a log and its mark before that can agree.
            hasStarted = false
            return
        }
        refusals += 1
        if failure.code != .corrupted { problems.append("damage of \(damage.path) is not known as such: \(failure)") }
        damage.undo(disk)
    }

    /// Starts the program and runs it until it has done this many steps or has failed. Returns whether it could go on.
    private func live(steps: Int) -> Bool {
        guard start(mayFail: true) else { return false }
        var canGoOn = true
        for _ in 0..<steps {
            feed()
            drawFaults()
            clock.advance(by: .seconds(1))
            do { try context.step() } catch {
                note("failed: \((error as? SwiftwaterError)?.code ?? .io)")
                canGoOn = false
                break
            }
            note("step \(safe.read { $0 })")
        }
        if random.uniform() < 0.3 {
            context.requestStop(gracefully: true)
            canGoOn = false
        }
        return canGoOn
    }

    private func setFaults(_ faults: SimulatedDisk.Faults, _ stored: FaultyStore.Faults = .init()) {
        disk.faults = faults
        place.store?.set(stored)
    }

    private func drawFaults() {
        var stored = FaultyStore.Faults()
        if objects != nil {
            switch random.below(6) {
            case 0: stored.failed = [0.02, 0.2, 1][random.below(3)]
            case 1: stored.appliedAndFailed = [0.05, 0.3][random.below(2)]
            case 2: stored.lateLists = 0.5
            default: break
            }
        }
        var faults = SimulatedDisk.Faults()
        switch random.below(14) {
        case 0: faults.error = 0.05
        case 1: faults.torn = 0.05
        case 2: faults.full = 0.1
        case 3: faults.lostSynchronization = seed % 5 == 0 ? 0.2 : 0
        case 4: failures.update { $0 = 1 + random.below(3) }
        case 5: failures.update { $0 = random.below(6) }
        case 6: delays.update { $0 = (0..<5).map { _ in 400 * (random.below(25) - 12) } }
        case 7: evictions.update { $0.left = 1 + random.below(40) }
        default: break
        }
        setFaults(faults, stored)
    }

    /// The number of times that the next tasks throw.
    let failures = Monitor(0)
    /// The durations of the next commits in milliseconds; see `SlowSink`.
    let delays = Monitor<[Int]>([])
    /// The partitions to evict while they are read.
    let evictions = Monitor(Evictions())
    /// Whether a batch holds only a part of the lines that have arrived, which is so for some seeds.
    var hasSmallBatches: Bool { seed % 4 == 1 }

    private func start(mayFail: Bool) -> Bool {
        life += 1
        plainSent[life] = 0
        var faults = SimulatedDisk.Faults()
        if mayFail && random.uniform() < 0.1 { faults.shortRead = 0.2 }
        if let objects {
            place = SimulatedPlace(
                objects: objects, disk: disk, seed: random.next(), waits: seed % 2 == 0, clock: clock)
        }
        var stored = FaultyStore.Faults()
        if mayFail && random.uniform() < 0.2 { stored.lateLists = 0.5 }
        if mayFail && random.uniform() < 0.1 { stored.appliedAndFailed = 0.2 }
        setFaults(faults, stored)
        failures.update { $0 = 0 }
        delays.update { $0 = [] }
        evictions.update { $0 = Evictions() }
        build(on: place)
        let starting = context!
        let failure = StartResult.of(starting)
        setFaults(.none)
        if let failure {
            note("start failed: \(failure.code)")
            let isExcused =
                mayFail && (failure.code == .io || failure.code == .network)
                || disk.lostSynchronizations > 0 && failure.code == .corrupted
            if !isExcused { problems.append("life \(life) failed to start: \(failure)") }
            return false
        }
        hasStarted = true
        wakeSleepers()
        // The sender continues after the last line that the receiver has.
        let known = receiver.store.lastPosition(of: "sender")
        if known < safe.read({ $0 }) && disk.lostSynchronizations == 0 {
            problems.append("life \(life): line \(safe.read { $0 }) was safe, but the receiver has only \(known)")
        }
        unsafeLines.removeAll { $0.position <= known }
        send(unsafeLines)
        return true
    }

    /// Lets drivers that lost their place go on. None may make a batch, but make again one that is in the log, whose
    /// output is the same whoever writes it.
    private func wakeSleepers() {
        for sleeper in sleepers where random.uniform() < 0.5 {
            let isRepeated = !sleeper.isCaughtUp
            do {
                try sleeper.step()
                if !isRepeated { problems.append("life \(life): a driver that lost its lease made a batch") }
            } catch { note("a sleeper is refused: \((error as? SwiftwaterError)?.code ?? .io)") }
        }
    }

    private func feed() {
        var lines: [(position: UInt64, line: String)] = []
        for _ in 0..<random.below(12) {
            lines.append((UInt64(nextID), "k\(random.below(6)) \(nextID)"))
            nextID += 1
        }
        unsafeLines += lines
        send(lines)
        for _ in 0..<random.below(6) {
            receiver.say("k\(random.below(6)) c\(life)-\(plainSent[life]!)\n")
            plainSent[life]! += 1
        }
    }

    private func send(_ lines: [(position: UInt64, line: String)]) {
        guard let last = lines.last else { return }
        let safe = safe
        receiver.send(lines.map { $0.line + "\n" }.joined(), position: last.position) {
            safe.update { $0 = max($0, last.position) }
        }
    }

    /// Runs all remaining input without faults, and compares the output.
    private func finish() {
        setFaults(.none)
        guard start(mayFail: false) else { return }
        // Repeated and missed batches come before new ones.
        for _ in 0..<(hasSmallBatches ? 120 : 40) {
            clock.advance(by: .seconds(1))
            do { try context.step() } catch {
                problems.append("a batch failed without a fault: \(error)")
                return
            }
        }
        context.requestStop(gracefully: true)
        compare()
    }
}

/// Starts a context and blocks the thread.
enum StartResult {
    /// Returns the error of the start; nil if it succeeded.
    static func of(_ context: StreamingContext) -> SwiftwaterError? {
        do {
            try context.startBlocking()
            return nil
        } catch { return (error as? SwiftwaterError) ?? SwiftwaterError(.io, "\(error)") }
    }
}

/// A receiver of lines that the simulation passes to it.
final class HandReceiver: TextReceiver, @unchecked Sendable {
    var store: ReceiverStore!
    func start(into store: ReceiverStore) throws { self.store = store }
    func stop() {}
    func say(_ text: String) { Array(text.utf8).withUnsafeBytes { _ = store.store($0) } }
    func send(_ text: String, position: UInt64, _ whenSafe: @escaping @Sendable () -> Void) {
        Array(text.utf8).withUnsafeBytes {
            store.store(lines: $0, from: "sender", position: position, whenSafe: whenSafe)
        }
    }
}
