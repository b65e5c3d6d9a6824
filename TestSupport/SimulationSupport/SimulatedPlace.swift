import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting

/// Where a simulated program keeps its files: a disk, or a store.
struct SimulatedPlace {
    /// What stays when the program ends.
    let disk: SimulatedDisk
    /// The objects of a store; nil on a disk.
    let objects: MemoryStore?
    /// The store as the program sees it, with its faults.
    let store: FaultyStore?
    /// The files as the program sees them.
    let files: any FileSystem

    /// What the paths of the program begin with.
    var root: String { objects == nil ? "" : SimulatedPlace.storeRoot }
    private static let storeRoot = "sim://store/"

    /// Creates a disk.
    init(disk: SimulatedDisk) { (self.disk, objects, store, files) = (disk, nil, nil, disk) }

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - waits: whether operations wait for a store that fails.
    ///   - clock: is advanced by whatever waits.
    init(objects: MemoryStore, disk: SimulatedDisk, seed: UInt64, waits: Bool, clock: ManualClock) {
        let faulty = FaultyStore(objects, seed: seed)
        let skipping = SkippingClock(clock)
        let base: any ObjectStore =
            waits ? PatientStore(faulty, patience: .seconds(60), clock: skipping) { _ in } : faulty
        var leases = StoreLease.Settings()
        (leases.clock, leases.owner, leases.beatsByItself) = (skipping, "a simulated driver", false)
        leases.machine = ""
        (self.disk, self.objects, store) = (disk, objects, faulty)
        files = StoreFileSystem(base, root: SimulatedPlace.storeRoot, leases: leases)
    }

    /// The paths of what is stored, without the root.
    var paths: [String] {
        guard let objects else { return disk.paths }
        return ((try? objects.list(prefix: "")) ?? []).map(\.key)
    }

    /// Returns the bytes of what is stored.
    func read(_ path: String) throws -> [UInt8] {
        guard let objects else { return try disk.read(path) }
        return try objects.get(path)
    }
}

/// A clock that whatever waits for it advances.
private final class SkippingClock: StreamClock {
    private let clock: ManualClock
    init(_ clock: ManualClock) { self.clock = clock }
    func now() -> BatchTime { clock.now() }
    func wait(until time: BatchTime, orUntil isInterrupted: () -> Bool) { clock.advance(to: time) }
    func wake() { clock.wake() }
}
