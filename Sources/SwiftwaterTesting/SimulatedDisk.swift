import SwiftwaterCore
import SwiftwaterStorage

/// A disk in memory that loses what was not synchronized when it crashes, and fails where it is told to. Everything that it does
/// follows from its seed.
///
///     file      synchronized bytes | bytes written since        a crash keeps the first part, and some of the second
///     names     synchronized names | renamed, created since     a crash keeps the first, and some of the second
public final class SimulatedDisk: FileSystem {
    /// What goes wrong, and how often: 0 never, 1 always.
    public struct Faults: Sendable {
        /// A write, rename or synchronization that fails with EIO.
        public var error = 0.0
        /// A write that leaves a part of its bytes and fails.
        public var torn = 0.0
        /// A write that fails because the disk is full.
        public var full = 0.0
        /// A read that gives fewer bytes than there are.
        public var shortRead = 0.0
        /// A synchronization that says it is done and is not.
        public var lostSynchronization = 0.0
        public init() {}
        public static let none = Faults()
    }

    final class Node: @unchecked Sendable {
        var synchronized: [UInt8] = []
        var bytes: [UInt8] = []
        /// Of the file and its present bytes, another one after each change.
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
        /// How many more changes the machine makes before it stops; nil for any number.
        var changesLeft: Int?
        var isDown = false

        mutating func changed(_ node: Node) {
            changes += 1
            node.version = changes
        }
    }

    private let state: Monitor<State>

    public init(seed: UInt64) { state = Monitor(State(random: SeededRandom(seed: seed))) }

    public var faults: Faults {
        get { state.read { $0.faults } }
        set { state.update { $0.faults = newValue } }
    }

    /// How many synchronizations have said that they were done and were not.
    public var lostSynchronizations: Int { state.read { $0.lostSynchronizations } }

    /// The machine stops. What was not synchronized is kept in part, or not at all.
    public func crash() { state.update { crash(&$0) } }

    /// Lets the machine stop just before one of its next changes: that one, and all that comes after it, fails until
    /// `restart()`.
    ///
    /// - Parameter changes: how many are made before.
    public func crash(afterChanges changes: Int) { state.update { $0.changesLeft = changes } }

    /// Starts the machine again after `crash(afterChanges:)`; a crash that is still to come does not.
    public func restart() { state.update { ($0.isDown, $0.changesLeft) = (false, nil) } }

    /// Whether the machine has stopped and was not started again.
    public var isDown: Bool { state.read { $0.isDown } }

    /// - Parameter isChange: whether something would be written.
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
            // The file system may have written the directory by itself.
            survivors[path] = state.names[path]
        }
        for path in survivors.keys.sorted() {
            let node = survivors[path]!
            let unsafeBytes = max(node.bytes.count - node.synchronized.count, 0)
            let kept = unsafeBytes == 0 ? 0 : state.random.below(unsafeBytes + 1)
            node.bytes = Array(node.bytes.prefix(node.synchronized.count + kept))
            node.synchronized = node.bytes
        }
        (state.names, state.durableNames) = (survivors, survivors)
        state.locks = []
        state.life += 1
    }

    /// A copy that shares nothing.
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

    /// Puts other bytes into a file.
    public func overwrite(_ path: String, _ bytes: [UInt8]) {
        state.update { state in
            state.names[path]?.bytes = bytes
            state.names[path]?.synchronized = bytes
        }
    }

    private func happens(_ probability: Double, _ state: inout State) -> Bool {
        probability > 0 && state.random.uniform() < probability
    }

    private static func error(_ what: String, _ path: String) -> SwiftwaterError {
        SwiftwaterError(.io, "\(what) (simulated)", at: .init(file: path))
    }

    // MARK: FileSystem

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
                guard life == state.life else { return }  // the process that had it open is gone
                state.changed(node)
                if disk.happens(state.faults.error, &state) { throw SimulatedDisk.error("write error", path) }
                if disk.happens(state.faults.full, &state) { throw SimulatedDisk.error("no space left", path) }
                if disk.happens(state.faults.torn, &state) {
                    node.bytes.append(contentsOf: bytes.prefix(state.random.below(bytes.count + 1)))
                    throw SimulatedDisk.error("write error after a part", path)
                }
                node.bytes.append(contentsOf: bytes)
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
                node.synchronized = node.bytes
            }
        }

        func close() {}
    }

    public func read(_ path: String) throws -> [UInt8] {
        try state.update { state in
            try checkPower(&state, path, isChange: false)
            guard let node = state.names[path] else {
                throw SwiftwaterError(.notFound, "there is no such file (simulated)", at: .init(file: path))
            }
            if happens(state.faults.shortRead, &state) { throw SimulatedDisk.error("short read", path) }
            return node.bytes
        }
    }

    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        let bytes = try read(path)
        guard offset + count <= bytes.count else { throw SimulatedDisk.error("the file ends before", path) }
        return Array(bytes[offset..<offset + count])
    }

    public func list(_ directory: String) throws -> [String] {
        state.read { state in
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

    public func map(_ path: String, copied: Bool) throws -> MappedFile {
        MappedFile(path: path, holding: try read(path))
    }

    public func stamp(_ path: String) throws -> FileStamp {
        try state.read { state in
            guard let node = state.names[path] else {
                throw SwiftwaterError(.notFound, "there is no such file (simulated)", at: .init(file: path))
            }
            return FileStamp(
                byteCount: Int64(node.bytes.count), modified: Int64(node.version), fileNumber: node.version)
        }
    }

    public func exists(_ path: String) -> Bool { state.read { $0.names[path] != nil } }

    public func rename(_ path: String, to new: String) throws {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            if happens(state.faults.error, &state) { throw SimulatedDisk.error("rename error", path) }
            state.names[new] = state.names.removeValue(forKey: path)
        }
    }

    public func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            if happens(state.faults.error, &state) { throw SimulatedDisk.error("rename error", path) }
            guard state.names[new] == nil else { return false }
            state.names[new] = state.names.removeValue(forKey: path)
            return true
        }
    }

    public func lock(_ directory: String) throws -> DirectoryLock {
        let life = try state.update { state in
            guard state.locks.insert(directory).inserted else {
                throw SwiftwaterError(.invalidState, "\(directory) is in use by another program (simulated)")
            }
            return state.life
        }
        // A process that a crash ended holds nothing that it could give back.
        return DirectoryLock { [state] in
            state.update { if $0.life == life { $0.locks.remove(directory) } }
        }
    }

    public func temporaryPath(for path: String) -> String {
        state.update { state in
            state.temporaries += 1
            return "\(path).tmp-\(state.temporaries)"
        }
    }

    public func remove(_ path: String) throws {
        try state.update { state in
            try checkPower(&state, path, isChange: true)
            state.names[path] = nil
        }
    }

    public func createDirectory(_ path: String) throws { state.update { _ = $0.directories.insert(path) } }

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
