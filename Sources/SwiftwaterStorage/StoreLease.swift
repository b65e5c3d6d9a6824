import SwiftwaterCore

/// The right to write to a folder of a store, which one process has at a time.
///
///     FOLDER/lease/00000000000000000007   number, owner, beat, whether it was given back, machine and process
///
/// An owner writes the object of its number again at every beat. Another process takes the lease with the next number
/// when the owner gave it back, when it sees on the same machine that the owner's process has ended, or when no beat
/// came for the length of the lease by the clock of the other: no two clocks are compared. The object of the next
/// number is put only if there is none, so that one process gets it. What the owner of an older number still writes is
/// refused by the log: see `Journal.fence(_:)`.
package final class StoreLease: Sendable {
    /// How leases are held.
    package struct Settings: Sendable {
        /// The time without a beat after which a lease is over.
        package var length: Duration = .seconds(15)
        /// The clock.
        package var clock: any StreamClock = SystemClock()
        /// What names this process to others.
        package var owner: String = "process \(SystemInformation.processNumber) on \(SystemInformation.hostName)"
        /// What this machine is known by while it runs, to processes that see each other's numbers.
        package var machine: String = SystemInformation.machine
        /// Whether beats come from a thread of their own; a simulation calls `beat()`.
        package var beatsByItself = true

        /// Creates the usual settings.
        package init() {}
    }

    private struct State {
        var beats = 0
        var isOver = false
        var isLost = false
    }

    private static let keptLeases = 16

    /// The lease's number. Each owner has a higher one than those before.
    package let number: UInt64
    private let store: any ObjectStore
    private let folder: String
    private let settings: Settings
    private let state = Monitor(State())

    private init(_ number: UInt64, _ store: any ObjectStore, _ folder: String, _ settings: Settings) {
        (self.number, self.store, self.folder, self.settings) = (number, store, folder, settings)
    }

    private static func key(_ folder: String, _ number: UInt64) -> String {
        let digits = "\(number)"
        return folder + "/lease/" + String(repeating: "0", count: 20 - digits.count) + digits
    }

    private func bytes(isOver: Bool, beats: Int) -> [UInt8] {
        let lines = [
            "\(number)", settings.owner, "\(beats)", isOver ? "given back" : StoreLease.held,
            "\(settings.machine) \(SystemInformation.processNumber)",
        ]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static let held = "held"

    /// Whether the lines of a lease say that its owner is gone: it gave the lease back, or it was a process of this
    /// machine that has ended.
    private static func isOver(_ lines: [Substring], _ settings: Settings) -> Bool {
        guard lines.count >= 5, lines[3] == held else { return true }
        let place = lines[4].split(separator: " ")
        guard !settings.machine.isEmpty, place.count == 2, place[0] == settings.machine, let process = Int(place[1])
        else { return false }
        return !SystemInformation.isRunning(process)
    }

    // MARK: Taking

    /// Takes the lease of a folder. Waits for the length of a lease if another process had it.
    ///
    /// - Throws: `invalidState` if another process holds it; `unsupported` if the store does not know conditions.
    package static func take(
        _ store: any ObjectStore, folder: String, settings: Settings = Settings()
    ) throws -> StoreLease {
        var newest: UInt64 = 0
        while true {
            let numbers = try numbers(store, folder)
            newest = max(newest, numbers.last ?? 0)
            if newest > 0 { try awaitEnd(of: newest, store, folder, settings) }
            let lease = StoreLease(newest + 1, store, folder, settings)
            let key = key(folder, lease.number)
            guard try store.putIfAbsent(key, lease.bytes(isOver: false, beats: 0)) != nil else {
                // Another process took it, which a list may not show yet.
                newest += 1
                continue
            }
            // A store that ignores the condition would let two processes write.
            guard try store.putIfAbsent(key, []) == nil else {
                try? store.delete(key)
                throw SwiftwaterError(
                    .unsupported,
                    "the store ignores conditions of writes (If-None-Match), so that two drivers could "
                        + "write at a time", at: .init(file: store.name(of: folder)),
                    remedy: "keep checkpoints in a store that knows them, such as Amazon S3 or Ceph")
            }
            for old in numbers.dropLast(keptLeases) { try store.delete(StoreLease.key(folder, old)) }
            lease.begin()
            return lease
        }
    }

    private static func numbers(_ store: any ObjectStore, _ folder: String) throws -> [UInt64] {
        let prefix = folder + "/lease/"
        return try store.list(prefix: prefix).compactMap { UInt64($0.key.dropFirst(prefix.count)) }.sorted()
    }

    /// Returns when a lease is over.
    private static func awaitEnd(
        of number: UInt64, _ store: any ObjectStore, _ folder: String, _ settings: Settings
    ) throws {
        func read() throws -> [Substring] {
            do {
                return String(decoding: try store.get(key(folder, number)), as: UTF8.self).split(separator: "\n")
            } catch let error as SwiftwaterError where error.code == .notFound { return [] }
        }
        let first = try read()
        let clock = settings.clock
        let begin = clock.elapsed()
        var now = first
        while !isOver(now, settings), clock.elapsed() - begin < settings.length {
            clock.wait(until: clock.now() + settings.length / 5, orUntil: { false })
            now = try read()
            guard now == first || isOver(now, settings) else {
                throw SwiftwaterError(
                    .invalidState, "\(store.name(of: folder)) is in use by \(now[1]), which holds its lease \(number)",
                    at: .init(file: store.name(of: folder)), remedy: "stop that program, or use another folder")
            }
        }
    }

    // MARK: Holding

    private func begin() {
        guard settings.beatsByItself else { return }
        SystemThread.start(named: "swiftwater-lease") { [weak self, state, settings] in
            while state.wait(atMost: settings.length / 5, for: { $0.isOver ? () : nil }) == nil {
                guard let self else { return }
                // The store may be reachable again before the lease is over.
                try? self.beat()
            }
        }
    }

    /// Shows others that the owner is there, and notices if one of them took the lease.
    package func beat() throws {
        let (beats, isOver) = state.update { state in
            state.beats += 1
            return (state.beats, state.isOver || state.isLost)
        }
        guard !isOver else { return }
        if try store.info(StoreLease.key(folder, number + 1)) != nil {
            state.update { $0.isLost = true }
        } else {
            try store.put(StoreLease.key(folder, number), bytes(isOver: false, beats: beats))
            // It may have been given back meanwhile, and must not seem held.
            if state.read({ $0.isOver }) {
                try store.put(StoreLease.key(folder, number), bytes(isOver: true, beats: beats))
            }
        }
    }

    /// What names the owner to others.
    var owner: String { settings.owner }

    /// Whether another process has taken the lease.
    package var isLost: Bool { state.read { $0.isLost } }

    /// Gives the lease back, so that the next process need not wait.
    package func giveBack() {
        let (beats, wasHeld) = state.update { state in
            defer { state.isOver = true }
            return (state.beats, !state.isOver && !state.isLost)
        }
        if wasHeld { _ = try? store.put(StoreLease.key(folder, number), bytes(isOver: true, beats: beats)) }
    }
}
