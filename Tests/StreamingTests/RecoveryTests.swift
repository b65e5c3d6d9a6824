import Foundation
import Logging
import StreamingTestSupport
import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

/// A small program with a log, a window, a state and a sink, on an in-memory disk. A test starts it any number of
/// times, each time with the changes of a `Shape`.
struct RecoveryBench {
    struct Shape {
        var lines = "lines"
        var window: Int? = 3
        var windowName = "counts"
        var windowVersion = 0
        var totals = true
        var hasTextKeys = true
        var drop: Set<String> = []
        var rename: [String: String] = [:]
        var threads = 1
        var namesWindow = true
    }

    let disk: SimulatedDisk
    let clock = ManualClock(at: BatchTime(milliseconds: 10_000))

    init(disk: SimulatedDisk = SimulatedDisk(seed: 1)) { self.disk = disk }

    final class Hand: TextReceiver, @unchecked Sendable {
        var store: ReceiverStore!
        /// Is called when the receiver starts.
        var whenStarted: (ReceiverStore) -> Void = { _ in }
        func start(into store: ReceiverStore) throws {
            self.store = store
            whenStarted(store)
        }
        func stop() {}
    }

    func make(_ shape: Shape = Shape()) -> (context: StreamingContext, hand: Hand) {
        var settings = StreamSettings()
        (settings.isStepped, settings.files) = (true, disk)
        var logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let context = StreamingContext(
            Context(master: .local(threads: shape.threads), appName: "recovery", logger: logger),
            batchInterval: .seconds(1), settings: settings, clock: clock)
        var checkpoint = CheckpointSettings(directory: "state")
        (checkpoint.interval, checkpoint.drop, checkpoint.rename) = (.seconds(2), shape.drop, shape.rename)
        context.checkpoint(checkpoint)
        let hand = Hand()
        let lines = context.receiverStream(hand).named(shape.lines)
        let sink = FileSink(directory: "out", format: .text, files: disk)
        lines.save(to: sink, name: "lines", columns: ["line"]) { [.text($0)] }
        if let window = shape.window {
            if shape.hasTextKeys {
                let counts = lines.map { ($0, 1) }.reduceByKeyAndWindow(+, inverse: -, window: .seconds(window))
                (shape.namesWindow ? counts.named(shape.windowName, version: shape.windowVersion) : counts)
                    .save(to: sink, name: "counts", columns: ["key", "count"]) { [.text($0.0), .integer($0.1)] }
            } else {
                lines.map { ($0.utf8Count, 1) }.reduceByKeyAndWindow(+, inverse: -, window: .seconds(window))
                    .named(shape.windowName).forEachBatch(name: "counts") { _, _ in }
            }
        }
        if shape.totals {
            lines.map { ($0, 1) }.updateStateByKey { (new: [Int], sum: Int?) -> Int? in new.reduce(sum ?? 0, +) }
                .named("totals").save(to: sink, name: "totals", columns: ["key", "count"]) {
                    [.text($0.0), .integer($0.1)]
                }
        }
        return (context, hand)
    }

    /// Starts the program, gives it one line per batch, and abandons it.
    func live(_ lines: [String], _ shape: Shape = Shape()) throws {
        let (context, hand) = make(shape)
        try context.startBlocking()
        for line in lines {
            Array((line + "\n").utf8).withUnsafeBytes { _ = hand.store.store($0) }
            clock.advance(by: .seconds(1))
            try context.step()
        }
        // Missed and repeated batches come first, then new ones.
        for _ in 0..<12 where lines.isEmpty {
            clock.advance(by: .seconds(1))
            try context.step()
        }
    }

    func rows(_ output: String, _ time: Int) -> [String]? {
        (try? disk.read("out/\(output)-\(time * 1000).txt")).map {
            String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
        }
    }
}

@Suite struct RecoveryTests {
    /// Input that is acknowledged before the first checkpoint is there, wherever the machine stops meanwhile.
    @Test(arguments: 1...40)
    func aStartThatIsInterruptedGoesOn(changes: Int) throws {
        let bench = RecoveryBench(disk: SimulatedDisk(seed: UInt64(changes)))
        let safe = Monitor(false)
        let (first, hand) = bench.make()
        hand.whenStarted = { store in
            Array("a\nb\n".utf8).withUnsafeBytes {
                store.store(lines: $0, from: "sender", position: 2) { safe.update { $0 = true } }
            }
        }
        bench.disk.crash(afterChanges: changes)
        try? first.startBlocking()
        bench.disk.crash()
        bench.disk.restart()
        let (second, again) = bench.make()
        try second.startBlocking()
        guard safe.read({ $0 }) else { return }
        #expect(again.store.lastPosition(of: "sender") == 2)
        for _ in 0..<3 {
            bench.clock.advance(by: .seconds(1))
            try second.step()
        }
        #expect((11...13).flatMap { bench.rows("lines", $0) ?? [] } == ["a", "b"])
    }

    @Test(arguments: [1, 3])
    func statesAndWindowsGoOnWhereTheyWere(threads: Int) throws {
        let bench = RecoveryBench()
        try bench.live(["a", "b", "a", "a", "b"])
        bench.disk.crash()
        var shape = RecoveryBench.Shape()
        shape.threads = threads
        try bench.live(["c"], shape)
        try bench.live([], shape)
        #expect(bench.rows("counts", 15) == ["a\t2", "b\t1"])
        #expect(bench.rows("totals", 15) == ["a\t3", "b\t2"])
        let last = try #require((16...40).last { bench.rows("totals", $0) != nil })
        #expect(bench.rows("totals", last) == ["a\t3", "b\t2", "c\t1"])
    }

    private func refusal(_ change: (inout RecoveryBench.Shape) -> Void) throws -> SwiftwaterError? {
        let bench = RecoveryBench()
        try bench.live(["a", "b", "a"])
        var shape = RecoveryBench.Shape()
        change(&shape)
        return #expect(throws: SwiftwaterError.self) { try bench.live(["c"], shape) }
    }

    @Test func aRemovedOperatorIsNamedWithTheChoices() throws {
        let error = try refusal { $0.totals = false }
        #expect(error?.message.contains("'totals'") == true)
        #expect(error?.remedy?.contains("drop: 'totals'") == true && error?.remedy?.contains("rename:") == true)
    }

    @Test func aRenamedOperatorIsNamedWithTheChoices() throws {
        let error = try refusal { $0.windowName = "tallies" }
        #expect(error?.message.contains("'counts'") == true && error?.message.contains("'tallies'") == true)
    }

    @Test func aChangedKeyTypeNamesBoth() throws {
        let error = try refusal { $0.hasTextKeys = false }
        #expect(error?.message.contains("SwiftwaterCore.Text") == true && error?.message.contains("Swift.Int") == true)
    }

    @Test func aChangedWindowNamesBoth() throws {
        let error = try refusal { $0.window = 5 }
        #expect(error?.message.contains("3 s") == true && error?.message.contains("5 s") == true)
    }

    @Test func aRaisedVersionNamesBoth() throws {
        let error = try refusal { $0.windowVersion = 2 }
        #expect(error?.message.contains("version was 0 and is 2") == true)
    }

    @Test func aRenamedSourceIsNamed() throws {
        #expect(try refusal { $0.lines = "posts" }?.message.contains("'lines'") == true)
    }

    /// `drop` and `rename` do what the error's remedy says.
    @Test func dropAndRename() throws {
        let bench = RecoveryBench()
        try bench.live(["a", "b", "a"])
        var shape = RecoveryBench.Shape()
        (shape.windowName, shape.totals, shape.lines) = ("tallies", false, "posts")
        (shape.rename, shape.drop) = (["counts": "tallies", "lines": "posts"], ["totals"])
        try bench.live(["c"], shape)
        #expect(bench.rows("counts", 13) == ["a\t2", "b\t1"])
        // A new operator starts empty.
        (shape.totals, shape.rename, shape.drop) = (true, [:], [])
        try bench.live([], shape)
        let last = try #require((14...40).last { bench.rows("totals", $0) != nil })
        // Empty except for the batches after the checkpoint, which run again with the new program.
        #expect(Set(bench.rows("totals", last)!).isSubset(of: ["a\t1", "c\t1"]))
        #expect(bench.rows("totals", 13) == ["a\t2", "b\t1"])
    }

    @Test func dropTakesAChangedWindow() throws {
        let bench = RecoveryBench()
        try bench.live(["a", "b", "a"])
        var shape = RecoveryBench.Shape()
        (shape.window, shape.drop) = (5, ["counts"])
        try bench.live(["c"], shape)
    }

    @Test func whatHasNoNameIsAnErrorAtStart() throws {
        var shape = RecoveryBench.Shape()
        shape.namesWindow = false
        let error = #expect(throws: SwiftwaterError.self) { try RecoveryBench().live(["a"], shape) }
        #expect(error?.message.contains("reduceByKeyAndWindow has no name") == true)
    }

    @Test func twoProgramsCannotShareADirectory() async throws {
        let folder = try TemporaryDirectory()
        func make() -> StreamingContext {
            let bench = Bench()
            bench.context.checkpoint(folder.path)
            bench.context.queueStream([[1]]).named("queue").forEachBatch(name: "out") { _, _ in }
            return bench.context
        }
        let first = make()
        try await first.start()
        let error = await #expect(throws: SwiftwaterError.self) { try await make().start() }
        #expect(error?.message.contains("in use") == true)
        try await first.stop()
        let third = make()
        try await third.start()
        try await third.stop()
    }

    /// Counts the lines of directories, each a source, and returns what the sink has in the end.
    private func directories(
        _ names: [(name: String, path: String)], in folder: TemporaryDirectory, at second: Int64,
        rename: [String: String] = [:], drop: Set<String> = []
    ) throws -> [String] {
        var settings = StreamSettings()
        settings.isStepped = true
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "sources"), batchInterval: .seconds(1), settings: settings,
            clock: ManualClock(at: BatchTime(milliseconds: second * 1000)))
        context.checkpoint(CheckpointSettings(directory: folder.file("state"), drop: drop, rename: rename))
        let streams = names.map {
            context.textFileStream(directory: folder.file($0.path), newFilesOnly: false).named($0.name)
        }
        let all = Collected<String>()
        streams.dropFirst().reduce(streams[0]) { $0.union($1) }.map { ($0, 1) }
            .updateStateByKey { (new: [Int], sum: Int?) -> Int? in new.reduce(sum ?? 0, +) }.named("totals")
            .forEachBatch(name: "out") { rdd, _ in
                all.append(try rdd.collect().map { "\($0.0) \($0.1)" }.sorted().joined(separator: ", "))
            }
        try context.startBlocking()
        while !context.isCaughtUp { try context.step() }
        for _ in 0..<3 { try context.step() }
        context.requestStop(gracefully: true)
        return all.all
    }

    /// Sources are known by what they are: adding, reordering and removing one loses and doubles nothing, and another
    /// one in its place is refused with the choices.
    @Test func sourcesAreKnownByWhatTheyAre() throws {
        let folder = try TemporaryDirectory()
        for directory in ["in1", "in2", "in3"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(directory), withIntermediateDirectories: false)
            try folder.write("\(directory)/posts", "\(directory)\n")
        }
        func at(_ name: String, _ path: String) -> (name: String, path: String) { (name, path) }
        let (one, two, three) = (at("one", "in1"), at("two", "in2"), at("three", "in3"))
        #expect(try directories([one, two], in: folder, at: 10).last == "in1 1, in2 1")
        #expect(try directories([three, two, one], in: folder, at: 20).last == "in1 1, in2 1, in3 1")
        // Another directory under a name, and under another.
        let moved = #expect(throws: SwiftwaterError.self) {
            try directories([at("one", "in2"), two, three], in: folder, at: 30)
        }
        #expect(moved?.message.contains("in1' and reads from") == true, "\(moved!)")
        #expect(moved?.remedy?.contains("rename: ['one': 'one']") == true)
        let gone = #expect(throws: SwiftwaterError.self) { try directories([two, three], in: folder, at: 30) }
        #expect(gone?.message.contains("'one' (source)") == true && gone?.remedy?.contains("drop: 'one'") == true)
        // A directory that was moved goes on, and one that is dropped starts anew under its name.
        try FileManager.default.moveItem(atPath: folder.file("in1"), toPath: folder.file("in9"))
        try folder.write("in9/more", "more\n")
        let renamed = try directories(
            [at("one", "in9"), two, three], in: folder, at: 40, rename: ["one": "one"])
        #expect(renamed.last == "in1 1, in2 1, in3 1, more 1")
        #expect(
            try directories([at("one", "in9"), three], in: folder, at: 50, drop: ["two"]).last
                == "in1 1, in2 1, in3 1, more 1")
        #expect(
            try directories([at("one", "in9"), at("two", "in2"), three], in: folder, at: 60).last
                == "in1 1, in2 2, in3 1, more 1")
    }

    @Test func aMisspeltChoiceIsRefused() throws {
        let bench = RecoveryBench()
        try bench.live(["a"])
        for (drop, rename) in [(["count"], [:]), ([], ["lnies": "lines2"])] as [(Set<String>, [String: String])] {
            var shape = RecoveryBench.Shape()
            (shape.drop, shape.rename) = (drop, rename)
            let error = #expect(throws: SwiftwaterError.self) { try bench.live(["b"], shape) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("it has 'counts', 'lines', 'totals'") == true, "\(error!)")
        }
        // The same choice at the next start again is no mistake.
        var shape = RecoveryBench.Shape()
        (shape.windowName, shape.rename) = ("tallies", ["counts": "tallies"])
        try bench.live(["b"], shape)
        try bench.live(["b"], shape)
        (shape.drop, shape.rename) = (["tallies"], [:])
        try bench.live(["b"], shape)
        try bench.live(["b"], shape)
    }

    /// Flips bits of checkpoints and of the log, truncates them, and zeros parts: the output afterwards equals the
    /// output without the damage, or the program reports that it cannot continue. A repaired log loses no more than it
    /// lists.
    ///
    /// All bits and lengths if `SWIFTWATER_SOAK` is set; otherwise every 13th bit and every 4th length.
    @Test(arguments: ["checkpoint", "state", "journal"])
    func damageIsRecoveredFromOrRefused(kind: String) throws {
        let stride = ProcessInfo.processInfo.environment["SWIFTWATER_SOAK"] == nil ? 13 : 1
        let bench = RecoveryBench()
        try bench.live(["a", "b", "a", "a", "b", "c", "a"])
        let paths = bench.disk.paths.filter { $0.hasPrefix("state/" + kind) }
        try #require(!paths.isEmpty)
        let before = outputs(bench.disk)
        var refused = 0
        var recovered = 0
        for path in paths {
            let bytes = try bench.disk.read(path)
            let flips = Swift.stride(from: 0, to: bytes.count * 8, by: stride).map { bit -> [UInt8] in
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                return damaged
            }
            let cuts = Swift.stride(from: 0, to: bytes.count, by: max(1, stride / 3)).map { Array(bytes[..<$0]) }
            let zeros = [40, 200].flatMap { size in
                Swift.stride(from: 0, to: bytes.count, by: 7 * stride).map { begin -> [UInt8] in
                    var damaged = bytes
                    for index in begin..<min(bytes.count, begin + size) { damaged[index] = 0 }
                    return damaged
                }
            }
            for damaged in flips + cuts + zeros where damaged != bytes {
                let disk = bench.disk.copy(seed: 7)
                disk.overwrite(path, damaged)
                do {
                    let again = RecoveryBench(disk: disk)
                    again.clock.set(to: bench.clock.now())
                    try again.live([])
                    recovered += 1
                    check(disk, before, "\(path)")
                } catch {
                    refused += 1
                    #expect((error as? SwiftwaterError)?.code == .corrupted, "\(error)")
                    if kind == "journal" { try repair(disk, now: bench.clock.now()) }
                }
            }
        }
        #expect(refused + recovered > 100)
        #expect(kind == "journal" ? refused > 0 : recovered > 0)
    }

    private func repair(_ disk: SimulatedDisk, now: BatchTime) throws {
        let store = try CheckpointStore(directory: "state", files: disk)
        let known = try store.times().map { try store.manifest(at: $0).nextRecord }.max() ?? 0
        let repair = try JournalRepair(directory: store.journalDirectory, atLeast: known, files: disk)
        try repair.run(copies: "copies")
        let again = RecoveryBench(disk: disk)
        again.clock.set(to: now)
        try again.live([])
        let after = outputs(disk)
        let last = try #require(after.keys.filter { $0.hasPrefix("out/totals-") }.max())
        let rows = String(decoding: after[last]!, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: "\t")
        }
        let counts = Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), Int($0[1])!) })
        let (sum, whole) = (counts.values.reduce(0, +), 7)
        #expect(sum >= whole - repair.lostCount && sum <= whole, "\(counts), \(repair.lostCount) lost")
    }

    private func outputs(_ disk: SimulatedDisk) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: disk.paths.filter { $0.hasPrefix("out/") }.map { ($0, try! disk.read($0)) })
    }

    private func check(_ disk: SimulatedDisk, _ before: [String: [UInt8]], _ what: String) {
        let after = outputs(disk)
        for (path, bytes) in before { #expect(after[path] == bytes, "\(what): \(path)") }
        let last = after.keys.filter { $0.hasPrefix("out/totals-") }.max()!
        let rows = String(decoding: after[last]!, as: UTF8.self).split(separator: "\n").sorted()
        #expect(rows == ["a\t4", "b\t2", "c\t1"], "\(what)")
    }
}
