import SwiftwaterCore
import SwiftwaterTesting

/// Damage to one file of a simulated disk, which can be undone.
struct DiskDamage {
    let path: String
    private let original: [UInt8]

    /// Damages a file whose path is accepted: a sector or page that is zeroed, foreign, doubled or swapped, a flipped bit,
    /// or a file that is cut. Returns nil if there is no such file, or nothing changed.
    init?(_ disk: SimulatedDisk, _ random: inout SeededRandom, where isCandidate: (String) -> Bool) {
        let paths = disk.paths.filter(isCandidate)
        guard !paths.isEmpty else { return nil }
        path = paths[random.below(paths.count)]
        guard let bytes = try? disk.read(path), !bytes.isEmpty else { return nil }
        original = bytes
        let size = [64, 512, 4096][random.below(3)]
        let sectors = (bytes.count + size - 1) / size
        func range(_ sector: Int) -> Range<Int> { sector * size..<min(bytes.count, (sector + 1) * size) }
        let (place, other) = (range(random.below(sectors)), range(random.below(sectors)))
        var damaged = bytes
        switch random.below(6) {
        case 0: damaged[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
        case 1: for index in place { damaged[index] = 0 }
        case 2: for index in place { damaged[index] = UInt8(random.below(256)) }
        case 3: for (to, from) in zip(place, other) { damaged[to] = bytes[from] }
        case 4: for (left, right) in zip(place, other) { damaged.swapAt(left, right) }
        default: damaged.removeLast(1 + random.below(bytes.count))
        }
        guard damaged != bytes else { return nil }
        disk.overwrite(path, damaged)
    }

    func undo(_ disk: SimulatedDisk) { disk.overwrite(path, original) }
}
