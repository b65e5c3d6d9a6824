import SwiftwaterCore
import SwiftwaterStorage

/// A disk in memory that injects faults and, in a crash, loses data that was not synchronized. All its behavior follows
/// from its seed.
///
///     file      synchronized bytes | bytes written since        a crash keeps the first part, and some of the second
///     names     synchronized names | renamed, created since     a crash keeps the first part, and some of the second
public final class SimulatedDisk: FileSystem {
    /// The probability of each fault, from 0 (never) to 1 (always).
    public struct Faults: Sendable {
        /// A write, rename or synchronization that fails with EIO.
        public var error: Double
        /// A write that fails after writing a part of its bytes.
        public var torn: Double
        /// A write that fails because the disk is full.
        public var full: Double
        /// A read that fails because it got only a part of the bytes.
        public var shortRead: Double
        /// A synchronization that reports success but does nothing.
        public var lostSynchronization: Double

        /// Creates faults of these probabilities.
        public init(
            error: Double = 0, torn: Double = 0, full: Double = 0, shortRead: Double = 0,
            lostSynchronization: Double = 0
        ) {
            self.error = error
            self.torn = torn
            self.full = full
            self.shortRead = shortRead
            self.lostSynchronization = lostSynchronization
        }
        /// Faults with probability 0.
        public static let none = Faults()
    }

    final class Node: @unchecked Sendable {
        var synchronized: [UInt8] = []
        var bytes: [UInt8] = []
        /// Writes within the synchronized bytes since. A crash keeps any of them.
        var overwrites: [(offset: Int, bytes: [UInt8])] = []
        /// The version of the file and its bytes, different after each change.
        var version: UInt64 = 0
    }

    private struct State {
        var names: [String: Node] = [:]
        var durableNames: [String: Node] = [:]
        var directories: Set<String> = []
        var random: SeededRandom
        var faults = Faults()
        var lostSynchronizations = 0
        var life = 0
        var changes: UInt64 = 0
        var temporaries = 0
        var locks: Set<String> = []
        /// The number of changes before the machine stops; nil if it does not stop.
        var changesLeft: Int?
        var isDown = false

        mutating func changed(_ node: Node) {
            changes += 1
            node.version = changes
        }
    }

    private let state: Monitor<State>

    /// Creates an empty disk.
    public init(seed: UInt64) { state = Monitor(State(random: SeededRandom(seed: seed))) }

    /// The faults that the disk injects.
    public var faults: Faults {
        get { state.read { $0.faults } }
        set { state.update { $0.faults = newValue } }
    }

    /// The number of synchronizations that reported success but did nothing.
    public var lostSynchronizations: Int { state.read { $0.lostSynchronizations } }

    /// Stops the machine. Data that was not synchronized is kept in part, or not at all.
    public func crash() { state.update { crash(&$0) } }

    /// Ends the process that uses the disk, and not the machine: everything that was written is kept.
    public func kill() {
        state.update { state in
            for node in state.names.values { (node.synchronized, node.overwrites) = (node.bytes, []) }
            state.durableNames = state.names
            state.locks = []
            state.life += 1
        }
    }

    /// Stops the machine just before a later change. That change and all later operations fail until `restart()`.
    ///
    /// - Parameter changes: the number of changes made before the stop.
    public func crash(afterChanges changes: Int) { state.update { $0.changesLeft = changes } }

    /// Restarts the machine after `crash(afterChanges:)`, and cancels a crash that has not happened yet.
    public func restart() { state.update { ($0.isDown, $0.changesLeft) = (false, nil) } }

    /// Whether the machine has stopped and was not started again.
    public var isDown: Bool { state.read { $0.isDown } }

    /// Throws if the machine is off, or stops before this operation.
    ///
    /// - Parameter isChange: whether the operation writes.
    private func checkPower(_ state: inout State, _ path: String, isChange: Bool) throws {
        if isChange, let left = state.changesLeft {
            state.changesLeft = left - 1
            if left == 0 {
                crash(&state)
                (state.isDown, state.changesLeft) = (true, nil)
            }
        }
        if state.isDown { throw SimulatedDisk.error("the machine is off", path) }
    }

    private func crash(_ state: inout State) {
        var survivors = state.durableNames
        for path in Set(state.names.keys).union(survivors.keys).sorted() where state.random.uniform() < 0.5 {
            // The file system may have written the directory without being asked to.
            survivors[path] = state.names[path]
        }
        for path in survivors.keys.sorted() {
            let node = survivors[path]!
            let unsafeBytes = max(node.bytes.count - node.synchronized.count, 0)
            let kept = unsafeBytes == 0 ? 0 : state.random.below(unsafeBytes + 1)
            var survived = node.synchronized
            if node.bytes.count < survived.count && state.random.uniform() < 0.5 {
                survived.removeLast(survived.count - node.bytes.count)
            }
            // A sector holds what was written to it before or after, whatever became of others.
            for (offset, bytes) in node.overwrites where state.random.uniform() < 0.5 {
                for (index, byte) in bytes.enumerated() where offset + index < survived.count {
                    survived[offset + index] = byte
                }
            }
            if unsafeBytes > 0 { survived += node.bytes[node.synchronized.count...].prefix(kept) }
            (node.bytes, node.synchronized, node.overwrites) = (survived, survived, [])
        }
        (state.names, state.durableNames) = (survivors, survivors)
        state.locks = []
        state.life += 1
    }

    /// Returns an independent copy in which everything is synchronized.
    public func copy(seed: UInt64) -> SimulatedDisk {
        let other = SimulatedDisk(seed: seed)
        state.read { state in
            other.state.update { copy in
                copy.directories = state.directories
                for (path, node) in state.names {
                    let new = Node()
                    (new.bytes, new.synchronized) = (node.bytes, node.bytes)
                    copy.names[path] = new
                    copy.durableNames[path] = new
                }
            }
        }
        return other
    }

    /// The paths of all files, in order.
    public var paths: [String] { state.read { $0.names.keys.sorted() } }

    /// Replaces the bytes of a file, synchronized.
    public func overwrite(_ path: String, _ bytes: [UInt8]) {
        state.update { state in
            state.names[path]?.bytes = bytes
            state.names[path]?.synchronized = bytes
            state.names[path]?.overwrites = []
        }
    }

    private func happens(_ probability: Double, _ state: inout State) -> Bool {
        probability > 0 && state.random.uniform() < probability
    }

    private static func error(_ what: String, _ path: String) -> SwiftwaterError {
        SwiftwaterError(.io, "\(what) (simulated)", at: .init(file: path))
    }

    // MARK: FileSystem

    /// Creates a file, or empties an existing one.
    public func create(_ path: String) throws -> any WritableFile {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            if happens(state.faults.full, &state) { throw SimulatedDisk.error("no space left", path) }
            let node = Node()
            state.changed(node)
            state.names[path] = node
            return File(disk: self, node: node, path: path, life: state.life)
        }
    }

    /// Opens an existing file for writing: appending goes on at its end.
    public func update(_ path: String) throws -> any WritableFile {
        try state.update { state in
            try checkPower(&state, path, isChange: false)
            guard let node = state.names[path] else {
                throw SwiftwaterError(.notFound, "the file does not exist (simulated)", at: .init(file: path))
            }
            return File(disk: self, node: node, path: path, life: state.life)
        }
    }

    private final class File: WritableFile {
        let disk: SimulatedDisk
        let node: Node
        let path: String
        let life: Int
        init(disk: SimulatedDisk, node: Node, path: String, life: Int) {
            (self.disk, self.node, self.path, self.life) = (disk, node, path, life)
        }

        func append(_ bytes: UnsafeRawBufferPointer) throws {
            try disk.state.update { state in
                try disk.checkPower(&state, path, isChange: true)
                guard life == state.life else { return }  // the process that had it open has ended
                state.changed(node)
                if disk.happens(state.faults.error, &state) { throw SimulatedDisk.error("write error", path) }
                if disk.happens(state.faults.full, &state) { throw SimulatedDisk.error("no space left", path) }
                if disk.happens(state.faults.torn, &state) {
                    node.bytes.append(contentsOf: bytes.prefix(state.random.below(bytes.count + 1)))
                    throw SimulatedDisk.error("write error after a part of the bytes", path)
                }
                node.bytes.append(contentsOf: bytes)
            }
        }

        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
            try change { state in
                if disk.happens(state.faults.error, &state) { throw SimulatedDisk.error("write error", path) }
                if offset < node.synchronized.count { node.overwrites.append((offset, Array(bytes))) }
                let missing = offset + bytes.count - node.bytes.count
                if missing > 0 { node.bytes += [UInt8](repeating: 0, count: missing) }
                node.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
        }

        func truncate(to count: Int) throws {
            try change { state in
                if disk.happens(state.faults.error, &state) { throw SimulatedDisk.error("truncation error", path) }
                node.bytes = Array(node.bytes.prefix(count))
            }
        }

        private func change(_ body: (inout State) throws -> Void) throws {
            try disk.state.update { state in
                try disk.checkPower(&state, path, isChange: true)
                guard life == state.life else { return }  // the process that had it open has ended
                state.changed(node)
                try body(&state)
            }
        }

        func synchronize() throws {
            try disk.state.update { state in
                try disk.checkPower(&state, path, isChange: true)
                guard life == state.life else { return }
                if disk.happens(state.faults.error, &state) { throw SimulatedDisk.error("flush error", path) }
                if disk.happens(state.faults.lostSynchronization, &state) {
                    state.lostSynchronizations += 1
                    return
                }
                (node.synchronized, node.overwrites) = (node.bytes, [])
            }
        }

        func close() {}
    }

    /// Returns all bytes of a file.
    public func read(_ path: String) throws -> [UInt8] {
        try state.update { state in
            try checkPower(&state, path, isChange: false)
            guard let node = state.names[path] else {
                throw SwiftwaterError(.notFound, "the file does not exist (simulated)", at: .init(file: path))
            }
            if happens(state.faults.shortRead, &state) { throw SimulatedDisk.error("short read", path) }
            return node.bytes
        }
    }

    /// Returns `count` bytes starting at `offset`.
    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        let bytes = try read(path)
        guard offset + count <= bytes.count else { throw SimulatedDisk.error("the file ends too early", path) }
        return Array(bytes[offset..<offset + count])
    }

    /// Returns the names in a directory, with a `/` at the end of directories.
    public func list(_ directory: String) throws -> [String] {
        try state.update { state in
            try checkPower(&state, directory, isChange: false)
            var names: Set<String> = []
            for path in state.names.keys.map({ $0 }) + state.directories.map({ $0 + "/" })
            where path.hasPrefix(directory + "/") {
                let rest = path.dropFirst(directory.count + 1)
                if let slash = rest.firstIndex(of: "/") {
                    names.insert(String(rest[...slash]))
                } else if !rest.isEmpty {
                    names.insert(String(rest))
                }
            }
            return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    /// Returns a file's bytes in memory.
    public func map(_ path: String, copied: Bool) throws -> MappedFile {
        MappedFile(path: path, holding: try read(path))
    }

    /// Returns the stamp of a file's current version.
    public func stamp(_ path: String) throws -> FileStamp {
        try state.update { state in
            try checkPower(&state, path, isChange: false)
            guard let node = state.names[path] else {
                throw SwiftwaterError(.notFound, "the file does not exist (simulated)", at: .init(file: path))
            }
            return FileStamp(
                byteCount: Int64(node.bytes.count), modified: Int64(node.version), fileNumber: node.version)
        }
    }

    /// Returns whether there is a file or a directory at the path.
    public func exists(_ path: String) -> Bool {
        state.read { !$0.isDown && ($0.names[path] != nil || $0.directories.contains(path)) }
    }

    /// Renames a file, replacing any file at the new path. Not durable until the directory is synchronized.
    public func rename(_ path: String, to new: String) throws {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            if happens(state.faults.error, &state) { throw SimulatedDisk.error("rename error", path) }
            state.names[new] = state.names.removeValue(forKey: path)
        }
    }

    /// Renames a file if there is none at the new path; returns false if there is one.
    public func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            if happens(state.faults.error, &state) { throw SimulatedDisk.error("rename error", path) }
            guard state.names[new] == nil else { return false }
            state.names[new] = state.names.removeValue(forKey: path)
            return true
        }
    }

    /// Locks a directory until the lock is destroyed or the machine crashes.
    public func lock(_ directory: String) throws -> DirectoryLock {
        let life = try state.update { state in
            try checkPower(&state, directory, isChange: false)
            guard state.locks.insert(directory).inserted else {
                throw SwiftwaterError(.invalidState, "\(directory) is in use by another program (simulated)")
            }
            return state.life
        }
        // A process that ended in a crash holds no lock to release.
        return DirectoryLock { [state] in
            state.update { if $0.life == life { $0.locks.remove(directory) } }
        }
    }

    /// Returns the path of a temporary file beside `path`, different for each call.
    public func temporaryPath(for path: String) -> String {
        state.update { state in
            state.temporaries += 1
            return "\(path).tmp-\(state.temporaries)"
        }
    }

    /// Removes a file. Does nothing if there is none.
    public func remove(_ path: String) throws {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            state.names[path] = nil
        }
    }

    /// Creates a directory, which is durable at once.
    public func createDirectory(_ path: String) throws {
        try state.update { state in
            try checkPower(&state, path, isChange: false)
            state.directories.insert(path)
        }
    }

    /// Makes all renames, creations and removals in the directory durable, unless a fault is injected.
    public func synchronizeDirectory(_ path: String) throws {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            if happens(state.faults.error, &state) { throw SimulatedDisk.error("flush error", path) }
            if happens(state.faults.lostSynchronization, &state) {
                state.lostSynchronizations += 1
                return
            }
            let isIn: (String) -> Bool = { PathName.parent(of: $0) == path }
            state.durableNames = state.durableNames.filter { !isIn($0.key) }
            for (name, node) in state.names where isIn(name) { state.durableNames[name] = node }
        }
    }
}
