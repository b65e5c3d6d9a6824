import Logging
import SwiftwaterCore
import SwiftwaterStorage

/// Everything that lets a stream resume after any kind of stop: the log of what the sources gave, and the checkpoints
/// of the states.
///
///     batch t   sources take   log: batch t, synchronized   jobs   log: done t   every interval: checkpoint
///
/// After a restart the states are those of the newest readable checkpoint, at C. The batches after C that are in the
/// log run again with the input they had. Outputs that already have them are skipped.
final class Durability: @unchecked Sendable {
    let settings: CheckpointSettings
    let store: CheckpointStore
    private let files: any FileSystem
    /// Whether the log and the checkpoints are in a store.
    private let isStored: Bool
    private let context: Context
    private let interval: Duration
    private var lock: DirectoryLock?
    private var journal: Journal!
    /// The checkpoints on disk, oldest first, and the objects that each refers to.
    private var checkpoints: [(time: BatchTime, keys: Set<String>, nextRecord: UInt64)] = []
    private var lastCheckpoint = BatchTime(milliseconds: 0)
    var newestCheckpoint: BatchTime? { checkpoints.last?.time }
    /// The keys of everything that was stored before the start, until the first checkpoint removes what none refers to.
    private var leftovers: [String] = []
    private let inputs: [any StreamInput]
    private var renames: [CheckpointManifest.Rename] = []
    /// The new names of what the checkpoint has, by its names there.
    private var rename: [String: String] = [:]
    /// The log's records of batches, for cleanup.
    private let batchRecords = Monitor<[(time: BatchTime, record: UInt64)]>([])

    init(_ settings: CheckpointSettings, graph: StreamGraph, files: any FileSystem, context: Context) throws {
        self.settings = settings
        self.context = context
        inputs = graph.sources.map(\.input)
        isStored = try files.store(of: settings.directory) != nil
        self.files = try PatientFiles.files(
            files, for: settings.directory, patience: settings.storePatience, log: context.logger)
        store = try CheckpointStore(directory: settings.directory, files: self.files)
        let slide = (graph.stateful.map(\.slide) + [graph.batchInterval]).max()!
        let slides = (10_000 + slide.wholeMilliseconds - 1) / slide.wholeMilliseconds
        interval = settings.interval ?? slide * Int(slides)
        lock = try self.files.lock(settings.directory)
    }

    // MARK: Recovery

    /// What must be done before new batches.
    struct Plan {
        /// The checkpoint that the states were restored from; nil on a first start.
        var checkpoint: CheckpointManifest?
        var log = LogContents()
    }

    /// Finds the newest usable checkpoint and what the log recorded since, and restores the states and sources.
    func recover(_ graph: StreamGraph) throws -> Plan {
        let contents = try readLog()
        if contents.droppedBytes > 0 {
            context.logger.warning(
                "dropped \(contents.droppedBytes) incomplete bytes at the end of the log; they were never acknowledged")
        }
        let lost = LostRecords(contents.lost)
        if lost.count > 0 {
            context.logger.warning("going on without \(lost.count) records of the log, which a repair gave up")
        }
        var plan = Plan()
        plan.checkpoint = try store.newestUsable(contents) { [context] in context.logger.warning("\($0)") }
        plan.log = try LogContents(contents, directory: store.journalDirectory, files: files)
        // A checkpoint that is written while these batches are made again is older than those after it.
        let records = plan.log.batches.map { (time: $0.time, record: $0.number) }
        batchRecords.update { $0 = records }
        renames = plan.checkpoint?.renames ?? []
        if let checkpoint = plan.checkpoint { try choose(checkpoint, graph) }
        for (old, new) in rename.sorted(by: { $0.key < $1.key }) where old != new {
            renames.append(.init(old: old, new: new, before: contents.nextNumber))
        }
        // What was dropped has no name: a source that gets the name again does not get its records.
        for name in settings.drop.sorted() {
            renames.append(.init(old: name, new: "", before: contents.nextNumber))
        }
        for rename in renames { plan.log.rename(rename) }
        reportDropped(plan)
        // Forget the renames that no record needs anymore.
        renames.removeAll { $0.before <= contents.segments.first ?? 0 }
        journal = try Journal(
            directory: store.journalDirectory, continuing: contents, files: files, settings: settings.journal)
        if let checkpoint = plan.checkpoint {
            try restore(checkpoint, graph)
            if !rename.isEmpty || !settings.drop.isEmpty { try rewrite(checkpoint) }
        }
        for source in graph.sources {
            let name = source.step.label!.name
            source.input.attach(
                SourceLog(
                    name: name, journal: journal, files: files, blocks: plan.log.blocks[name] ?? [],
                    lost: plan.log.lost,
                    checkpointed: plan.checkpoint?.nextRecord ?? 0))
        }
        for step in graph.stateful { step.state.beginRecording() }
        return plan
    }

    /// Reads the log. In a store, a process that still believes to hold the lease writes nothing into it from then on.
    private func readLog() throws -> JournalContents {
        guard let lease = lock?.lease else {
            return try JournalContents(directory: store.journalDirectory, files: files)
        }
        context.logger.notice("\(store.directory) is ours, with lease \(lease.number)")
        return try Journal.fence(lease, directory: store.journalDirectory, files: files)
    }

    /// Runs `body`, which reads what `source` stored. What another kind of source stored does not decode. An error
    /// without the offset of a byte is of something else.
    static func explainingChangedSource(_ source: StreamStep, _ body: () throws -> Void) throws {
        do { try body() } catch let error as SwiftwaterError
            where error.code == .corrupted && error.location?.byteOffset != nil
        {
            let name = source.label?.name ?? source.kind
            throw SwiftwaterError(
                .invalidState, "source '\(name)' cannot read what the checkpoint has for it: \(error.message)",
                at: .init(streamOperator: name),
                remedy: "use the kind of source that the checkpoint was made with, or another directory")
        }
    }

    /// Takes the user's choices of names, and those of earlier versions, as far as the checkpoint has them.
    ///
    /// - Throws: `invalidArgument` for a name that neither the checkpoint nor the program has.
    private func choose(_ checkpoint: CheckpointManifest, _ graph: StreamGraph) throws {
        let stored = Set(checkpoint.steps.map(\.name))
        let own = Set(signatures(graph).map(\.name))
        func refuse(_ name: String, _ choice: String) -> SwiftwaterError {
            SwiftwaterError(
                .invalidArgument,
                "\(choice) '\(name)': the checkpoint has no such name; it has \(list(stored.sorted()))",
                at: .init(file: store.directory), remedy: "give one of these names", setting: .checkpointMigration)
        }
        rename = settings.formerNames.filter { stored.contains($0.key) && !stored.contains($0.value) }
        for (old, new) in settings.rename.sorted(by: { $0.key < $1.key }) {
            // An earlier start may have made the choice permanent.
            guard stored.contains(old) || stored.contains(new) else { throw refuse(old, "rename") }
            if stored.contains(old) { rename[old] = new }
        }
        let renamed = Set(stored.map { rename[$0] ?? $0 })
        for name in settings.drop.sorted() where !renamed.contains(name) && !own.contains(name) {
            throw refuse(name, "drop")
        }
    }

    /// Says what dropped sources had in batches that are made again, which lack it.
    private func reportDropped(_ plan: Plan) {
        guard !settings.drop.isEmpty, let checkpoint = plan.checkpoint else { return }
        let batches = plan.log.batches.filter { $0.time > checkpoint.time && $0.sources[""] != nil }.count
        let lines = (plan.log.blocks[""] ?? []).filter { $0.number >= checkpoint.nextRecord }.reduce(0) {
            $0 + $1.lines
        }
        guard batches > 0 || lines > 0 else { return }
        context.logger.warning(
            """
            \(list(settings.drop.sorted())) is dropped: \(batches) batches after the checkpoint are made again without \
            what it had in them, and \(lines) lines after the checkpoint are lost
            """)
    }

    private func restore(_ checkpoint: CheckpointManifest, _ graph: StreamGraph) throws {
        guard checkpoint.batchInterval == graph.batchInterval else {
            throw SwiftwaterError(
                .invalidState,
                "the checkpoint's batch interval is \(checkpoint.batchInterval.label), "
                    + "the program's is \(graph.batchInterval.label)",
                at: .init(file: store.directory), remedy: "use the checkpoint's interval, or another directory")
        }
        graph.zeroTime = checkpoint.zeroTime
        var stored: [String: CheckpointManifest.Step] = [:]
        for step in checkpoint.steps { stored[rename[step.name] ?? step.name] = step }
        let own = signatures(graph)
        for step in own {
            guard let old = stored[step.name] else {
                context.logger.notice("'\(step.name)' is not in the checkpoint and starts fresh")
                continue
            }
            if settings.drop.contains(step.name) {
                stored[step.name] = nil
            } else if let difference = step.difference(from: old), rename[old.name] != step.name {
                throw SwiftwaterError(
                    .invalidState, "'\(step.name)' differs from the checkpoint: \(difference)",
                    at: .init(file: store.directory, streamOperator: step.name),
                    remedy: "restore the program, or discard the stored state with drop: '\(step.name)'"
                        + (step.kind == CheckpointManifest.Step.sourceKind
                            ? ", or go on from its position with rename: ['\(step.name)': '\(step.name)']" : ""),
                    setting: .checkpointMigration)
            }
        }
        let names = Set(own.map(\.name))
        let missing = stored.keys.sorted().filter { !names.contains($0) && !settings.drop.contains($0) }
        if let first = missing.first {
            let all = missing.map { "'\($0)'" }.joined(separator: ", ")
            let found = missing.map { "'\($0)' (\(stored[$0]!.kind))" }.joined(separator: ", ")
            throw SwiftwaterError(
                .invalidState, "the checkpoint has \(found), the program has \(list(own.map(\.name)))",
                at: .init(file: store.directory, streamOperator: first),
                remedy: "discard them with drop: \(all), or give their new names with rename: ['\(first)': ...]",
                setting: .checkpointMigration)
        }
        for step in graph.stateful {
            guard let name = step.label?.name, let old = stored[name] else { continue }
            try step.state.restore(try old.objects.map { try store.read($0) }, at: checkpoint.time)
        }
        for source in graph.sources {
            guard let old = stored[source.step.label!.name] else { continue }
            try Durability.explainingChangedSource(source.step) { try source.input.restore(old.position ?? []) }
        }
        try list(upTo: checkpoint.time)
        lastCheckpoint = checkpoint.time
    }

    /// Lists the checkpoints up to the one that was restored. Newer ones are damaged: they neither keep records of the
    /// log nor count among those that are kept, and one that is written at the same time takes its place.
    private func list(upTo last: BatchTime) throws {
        for time in try store.times() where time <= last {
            guard let manifest = try? store.manifest(at: time) else { continue }
            let objects = manifest.steps.flatMap(\.objects)
            for object in objects { sizes[object.key] = object.byteCount }
            checkpoints.append((time, Set(objects.map(\.key)), manifest.nextRecord))
        }
        leftovers = try store.keys()
    }

    /// Makes the user's choices permanent: rewrites the checkpoint with the new names and without what was dropped.
    private func rewrite(_ checkpoint: CheckpointManifest) throws {
        var changed = checkpoint
        changed.steps = checkpoint.steps.compactMap { step in
            var step = step
            step.name = rename[step.name] ?? step.name
            return settings.drop.contains(step.name) ? nil : step
        }
        changed.renames = renames
        try store.objects.put(CheckpointManifest.key(checkpoint.time), changed.encoded())
    }

    private func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }

    /// Returns the sources and stateful steps of the program, without their contents.
    private func signatures(_ graph: StreamGraph) -> [CheckpointManifest.Step] {
        let sources = graph.sources.map { source in
            CheckpointManifest.Step(
                name: source.step.label!.name, kind: CheckpointManifest.Step.sourceKind,
                types: [source.input.identity(source.step.kind)], window: nil, slide: source.step.slide,
                version: source.step.label!.version, objects: [], position: nil)
        }
        let stateful = graph.stateful.compactMap { step -> CheckpointManifest.Step? in
            guard !(step.state is NoState) else { return nil }
            return CheckpointManifest.Step(
                name: step.label!.name, kind: step.kind, types: step.state.storedTypes, window: step.state.window,
                slide: step.slide, version: step.label!.version, objects: [], position: nil)
        }
        return sources + stateful
    }

    /// Returns the first problem that keeps the program from using checkpoints, or nil. Everything that is stored needs
    /// a unique name.
    static func problem(_ graph: StreamGraph) -> SwiftwaterError? {
        let steps =
            graph.sources.map(\.step) + graph.stateful.filter { !($0.state is NoState) }.map { $0 as StreamStep }
        var names: Set<String> = []
        for step in steps {
            guard let label = step.label else {
                return SwiftwaterError(
                    .invalidState,
                    "\(step.kind) has no name, so its stored state could not be found again",
                    at: .init(streamOperator: step.kind), remedy: "call named(\"...\") on it")
            }
            if !names.insert(label.name).inserted {
                return SwiftwaterError(
                    .invalidState, "two steps are named '\(label.name)'", at: .init(streamOperator: label.name),
                    remedy: "give each a unique name")
            }
        }
        for step in graph.stateful {
            if let obstacle = step.state.obstacle {
                return SwiftwaterError(
                    .invalidState, obstacle, at: .init(streamOperator: step.displayName),
                    remedy: "make the type conform to StreamCodable")
            }
        }
        var outputs: Set<String> = []
        for output in graph.outputs {
            guard let name = output.name else {
                return SwiftwaterError(
                    .invalidState, "an output (\(output.kind)) has no name", at: .init(streamOperator: output.kind),
                    remedy: "name it with the parameter name:")
            }
            if !outputs.insert(name).inserted {
                return SwiftwaterError(
                    .invalidState, "two outputs are named '\(name)'", at: .init(streamOperator: name),
                    remedy: "give each a unique name")
            }
        }
        return nil
    }

    /// The longest time until what has arrived is made durable; nil for the block interval.
    var commitInterval: Duration? { settings.commitInterval ?? (isStored ? .seconds(1) : nil) }

    // MARK: Batches

    /// Records the input of a batch. Once this returns, the batch can be made again, whatever happens.
    func record(_ time: BatchTime, _ sources: [(name: String, description: [UInt8])]) throws {
        let number = try journal.append(type: LogRecord.batchType, LogRecord.batch(time, sources))
        batchRecords.update { $0.append((time, number)) }
        try flush()
    }

    /// Synchronizes the log and acknowledges input to the senders that wait for it.
    func flush() throws {
        try journal.flush()
        for input in inputs { input.tellSenders() }
    }

    func recordDone(_ time: BatchTime) throws {
        try journal.append(type: LogRecord.doneType, LogRecord.done(time))
    }

    /// Stores the states after the batch at `time`, if a checkpoint is due or `isForced`.
    ///
    /// A checkpoint that cannot be written is logged and tried again after the next batch; the log keeps what it needs.
    func checkpoint(_ time: BatchTime, _ graph: StreamGraph, isForced: Bool = false, now: BatchTime) {
        guard isForced ? time > lastCheckpoint || checkpoints.isEmpty : time - lastCheckpoint >= interval else {
            return
        }
        do {
            try write(time, graph, now: now)
            lastCheckpoint = time
        } catch {
            context.logger.error("cannot write the checkpoint of \(time): \(error)")
        }
    }

    /// Stores the states before the first batch. A stream does not begin without: what it would log could not be used.
    func checkpointFirst(_ time: BatchTime, _ graph: StreamGraph, now: BatchTime) throws {
        try write(time, graph, now: now)
        lastCheckpoint = time
    }

    private func write(_ time: BatchTime, _ graph: StreamGraph, now: BatchTime) throws {
        // First, so that a driver that lost its lease is refused before it writes anything.
        try flush()
        let known = checkpoints.last?.keys ?? []
        var steps = signatures(graph)
        for index in steps.indices {
            if let source = graph.sources.first(where: { $0.step.label!.name == steps[index].name }) {
                steps[index].position = source.input.position
            } else if let step = graph.stateful.first(where: { $0.label?.name == steps[index].name }) {
                steps[index].objects = try step.state.pieces(at: time).map { piece in
                    try store(piece, of: steps[index].name, known: known)
                }
            }
        }
        var manifest = CheckpointManifest(
            appName: context.appName, batchInterval: graph.batchInterval, zeroTime: graph.zeroTime, time: time,
            nextRecord: journal.nextNumber, written: now, steps: steps, outputs: graph.outputs.compactMap(\.name))
        manifest.renames = renames
        try flush()
        try store.objects.put(CheckpointManifest.key(time), manifest.encoded())
        checkpoints.append((time, Set(steps.flatMap(\.objects).map(\.key)), manifest.nextRecord))
        for step in graph.stateful { step.state.wasStored() }
        try clean(graph)
    }

    /// The sizes and checksums of the objects that are already stored.
    private var objects: [String: CheckpointManifest.Object] = [:]

    /// The sizes of all objects of the checkpoints, by key.
    private var sizes: [String: Int] = [:]

    private var storedBytes: Int { sizes.values.reduce(0, +) }

    private func store(
        _ piece: StatePiece, of name: String, known: Set<String>
    ) throws -> CheckpointManifest.Object {
        let key = CheckpointStore.statePrefix + PathName.escaped(name) + "/" + piece.name
        if known.contains(key), let object = objects[key] { return object }
        let bytes = piece.bytes()
        let object = CheckpointManifest.Object(
            key: key, byteCount: bytes.count, checksum: Checksum(bytes).value)
        try store.objects.put(key, SealedBytes.seal(bytes))
        objects[key] = object
        sizes[key] = bytes.count
        return object
    }

    /// Removes what no kept checkpoint needs: manifests, objects, and log segments.
    private func clean(_ graph: StreamGraph) throws {
        while checkpoints.count > max(1, settings.keptCheckpoints)
            || (checkpoints.count > max(1, settings.usableCheckpoints) && storedBytes > settings.keptMaxBytes)
        {
            let gone = checkpoints.removeFirst()
            try store.objects.delete(CheckpointManifest.key(gone.time))
            let kept = checkpoints.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
            for key in gone.keys.subtracting(kept).sorted() {
                try store.objects.delete(key)
                objects[key] = nil
                sizes[key] = nil
            }
        }
        try removeLeftovers()
        let usable = checkpoints.suffix(max(1, settings.usableCheckpoints)).first!
        let horizon = usable.time - graph.replayDuration
        var needed = usable.nextRecord
        for source in graph.sources {
            if let record = source.input.firstNeededRecord(after: horizon) { needed = min(needed, record) }
        }
        needed = min(needed, firstBatchRecord(after: horizon) ?? needed)
        try journal.forget(before: needed)
    }

    /// Removes damaged checkpoints, and what a crash left of one that was being written or removed.
    private func removeLeftovers() throws {
        guard !leftovers.isEmpty else { return }
        let used = checkpoints.reduce(into: Set<String>()) {
            $0.formUnion($1.keys)
            $0.insert(CheckpointManifest.key($1.time))
        }
        for key in leftovers where !used.contains(key) { try store.objects.delete(key) }
        leftovers = []
    }

    private func firstBatchRecord(after time: BatchTime) -> UInt64? {
        batchRecords.update { records in
            records.removeAll { $0.time <= time }
            return records.first?.record
        }
    }

    /// Writes what is queued and unlocks the directory.
    func close() {
        do { try journal?.close() } catch { context.logger.error("\(error)") }
        lock = nil
    }
}
