import Foundation
import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

/// What was acknowledged is there, or its loss is refused: whatever part of a log is damaged.
@Suite struct JournalDamageTests {
    /// A log of groups of records of various sizes, in several segments.
    private struct Log {
        let disk = SimulatedDisk(seed: 1)
        var payloads: [[UInt8]] = []

        init(groups: Int = 60, segmentBytes: Int = 40_000, seed: UInt64 = 1) throws {
            var random = SeededRandom(seed: seed)
            let journal = try Journal(
                directory: "log", continuing: JournalContents(directory: "log", files: disk), files: disk,
                settings: JournalSettings(segmentMaxBytes: segmentBytes))
            for _ in 0..<groups {
                for _ in 0..<1 + random.below(6) {
                    let size = random.below(10) == 0 ? 3000 : 20 + random.below(100)
                    payloads.append((0..<size).map { _ in UInt8(random.below(256)) })
                    try journal.append(type: 1, payloads.last!)
                }
                try journal.flush()
            }
        }

        var segments: [String] { disk.paths.filter { $0.hasSuffix(".log") } }
    }

    /// Returns the records by number, and the numbers that a repair gave up.
    private static func read(_ disk: SimulatedDisk) throws -> (
        records: [UInt64: [UInt8]], next: UInt64, lost: Set<UInt64>
    ) {
        let contents = try JournalContents(directory: "log", files: disk)
        var records: [UInt64: [UInt8]] = [:]
        for entry in contents.entries {
            let path = JournalContents.segmentPath("log", entry.location.segment)
            records[entry.number] = try disk.read(path, at: entry.location.offset, count: entry.location.count)
        }
        return (records, contents.nextNumber, Set(contents.lost.flatMap { $0 }))
    }

    /// Damages a file in one of many ways; returns nil if that changes nothing.
    private static func damage(_ bytes: [UInt8], _ kind: String, _ random: inout SeededRandom) -> [UInt8]? {
        var damaged = bytes
        let size = kind.contains("page") ? 4096 : 512
        let sectors = max(1, (bytes.count + size - 1) / size)
        func range(_ sector: Int) -> Range<Int> { sector * size..<min(bytes.count, (sector + 1) * size) }
        let place = range(random.below(sectors))
        switch kind {
        case "flip": damaged[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
        case "zeroed sector", "zeroed page": for index in place { damaged[index] = 0 }
        case "foreign sector", "foreign page": for index in place { damaged[index] = UInt8(random.below(256)) }
        case "zeroed end", "zeroed page end": for index in place.lowerBound..<bytes.count { damaged[index] = 0 }
        case "cut": damaged.removeLast(1 + random.below(bytes.count))
        case "doubled sector", "doubled page":
            let other = range(random.below(sectors))
            for (to, from) in zip(place, other) { damaged[to] = bytes[from] }
        case "swapped sector", "swapped page":
            let other = range(random.below(sectors))
            for (left, right) in zip(place, other) { damaged.swapAt(left, right) }
        default: fatalError(kind)
        }
        return damaged == bytes ? nil : damaged
    }

    static let kinds = [
        "flip", "zeroed sector", "zeroed page", "foreign sector", "foreign page", "zeroed end", "zeroed page end",
        "cut",
        "doubled sector", "doubled page", "swapped sector", "swapped page",
    ]

    @Test(arguments: kinds)
    func damageIsRefusedAndARepairKeepsTheRest(kind: String) throws {
        let log = try Log()
        try #require(log.segments.count > 1)
        var random = SeededRandom(seed: UInt64(kind.count))
        var refused = 0
        for round in 0..<120 {
            let disk = log.disk.copy(seed: 2)
            let path = log.segments[round % log.segments.count]
            guard let damaged = Self.damage(try disk.read(path), kind, &random) else { continue }
            disk.overwrite(path, damaged)
            let error = #expect(throws: SwiftwaterError.self, "\(kind) \(round)") { try Self.read(disk) }
            #expect(error?.code == .corrupted && error?.location?.file == path)
            #expect(error?.remedy?.contains("checkpoint repair") == true)
            refused += 1
            try repaired(disk, log, "\(kind) \(round)")
        }
        #expect(refused > 60)
    }

    /// Repairs a log and compares what is left: every record is there or listed, and no other differs.
    private func repaired(_ disk: SimulatedDisk, _ log: Log, _ what: String) throws {
        let repair = try JournalRepair(directory: "log", files: disk)
        let damaged = disk.paths
        try repair.run(copies: "copies")
        let (records, next, lost) = try Self.read(disk)
        #expect(next == UInt64(log.payloads.count), "\(what)")
        for (number, payload) in log.payloads.enumerated() {
            let number = UInt64(number)
            #expect(
                records[number] == payload || (records[number] == nil && lost.contains(number)), "\(what) \(number)")
        }
        #expect(lost.count == repair.lostCount && records.count == repair.readableCount, "\(what)")
        #expect(disk.paths.contains { $0.hasPrefix("copies/") } && disk.paths.count > damaged.count)
        #expect(try JournalRepair(directory: "log", files: disk).damage.isEmpty)
    }

    /// Little beside a damaged sector is lost, also in a group of many small records.
    @Test func aRepairLosesLittle() throws {
        let disk = SimulatedDisk(seed: 3)
        let journal = try Journal(
            directory: "log", continuing: JournalContents(directory: "log", files: disk), files: disk)
        for number in 0..<100_000 { try journal.append(type: 1, Array("\(number) of many records".utf8)) }
        try journal.flush()
        let path = "log/00000000000000000000.log"
        var bytes = try disk.read(path)
        for index in 1_000_000..<1_000_512 { bytes[index] = 0 }
        disk.overwrite(path, bytes)
        let repair = try JournalRepair(directory: "log", files: disk)
        #expect(repair.damage.count == 1)
        #expect((10...2500).contains(repair.lostCount))
        try repair.run(copies: "copies")
        #expect(try Self.read(disk).records.count == 100_000 - repair.lostCount)
    }

    @Test(arguments: ["one", "both", "missing", "old"])
    func theMarkIsDamaged(what: String) throws {
        let log = try Log()
        var bytes = try log.disk.read("log/acknowledged")
        switch what {
        case "one": bytes[9] ^= 1
        case "both": (bytes[9], bytes[4105]) = (bytes[9] ^ 1, bytes[4105] ^ 1)
        case "old":
            let early = SimulatedDisk(seed: 1)
            let journal = try Journal(
                directory: "log", continuing: JournalContents(directory: "log", files: early), files: early)
            try journal.close()
            bytes = try early.read("log/acknowledged")
        default: try log.disk.remove("log/acknowledged")
        }
        log.disk.overwrite("log/acknowledged", bytes)
        if what == "one" || what == "old" {
            #expect(try Self.read(log.disk).next == UInt64(log.payloads.count))
        } else {
            let error = #expect(throws: SwiftwaterError.self) { try Self.read(log.disk) }
            #expect(error?.location?.file == "log/acknowledged")
            try JournalRepair(directory: "log", files: log.disk).run(copies: "copies")
            #expect(try Self.read(log.disk).records.count == log.payloads.count)
        }
        if what == "old" {
            // Even then, damage before the last group is known by the groups that follow.
            let path = log.segments.last!
            var segment = try log.disk.read(path)
            for index in 30..<600 { segment[index] = 0 }
            log.disk.overwrite(path, segment)
            #expect(throws: SwiftwaterError.self) { try Self.read(log.disk) }
        }
    }

    @Test(arguments: [0, 1, 2])
    func aMissingFileIsRefused(position: Int) throws {
        let log = try Log()
        let count = log.segments.count
        let path = log.segments[position * (count - 1) / 2]
        try log.disk.remove(path)
        let error = #expect(throws: SwiftwaterError.self) { try Self.read(log.disk) }
        #expect(error?.message.contains("a file is missing") == true)
        try repaired(log.disk, log, path)
    }

    /// Files that nobody needs are removed, and that is no damage; nor is a crash in between.
    @Test func forgottenFilesAreNotMissed() throws {
        let log = try Log()
        let journal = try Journal(
            directory: "log", continuing: JournalContents(directory: "log", files: log.disk), files: log.disk)
        let before = log.segments
        let second = try #require(UInt64(before[2].dropFirst(4).dropLast(4)))
        try journal.forget(before: second)
        #expect(log.segments == Array(before[2...]))
        #expect(try JournalContents(directory: "log", files: log.disk).entries.first?.number == second)
        for changes in 0..<12 {
            let disk = try Log().disk
            let journal = try Journal(
                directory: "log", continuing: JournalContents(directory: "log", files: disk), files: disk)
            disk.crash(afterChanges: changes)
            try? journal.forget(before: second)
            disk.restart()
            #expect(try Self.read(disk).next == UInt64(log.payloads.count), "\(changes)")
        }
    }

    /// A power failure leaves any sectors of the last group, and nothing of it was acknowledged: the log goes on.
    @Test func aTornGroupIsDropped() throws {
        let log = try Log()
        let path = log.segments.last!
        let before = try log.disk.read(path).count
        var random = SeededRandom(seed: 9)
        let grown = try Log(groups: 61)
        let after = try grown.disk.read(path)
        try #require(grown.segments == log.segments && after.count > before)
        for _ in 0..<200 {
            let disk = log.disk.copy(seed: 3)
            var bytes = after
            for sector in stride(from: before, to: bytes.count, by: 64) where random.uniform() < 0.5 {
                for index in sector..<min(sector + 64, bytes.count) { bytes[index] = 0 }
            }
            disk.overwrite(path, bytes)
            let (records, next, _) = try Self.read(disk)
            #expect(next >= UInt64(log.payloads.count))
            for (number, payload) in log.payloads.enumerated() { #expect(records[UInt64(number)] == payload) }
        }
    }

    /// A disk that is full, at any operation, and then has room again: what failed is taken back, and the log goes on.
    @Test func aJournalIsWrittenAgainAfterAFailure() throws {
        for failing in 0..<40 {
            let disk = SimulatedDisk(seed: 5)
            let count = Monitor(-1)
            let files = FaultyFileSystem(disk) { operation, path in
                guard operation != .read, count.read({ $0 >= 0 }) else { return }
                let isTheOne = count.update { count in
                    count += 1
                    return (failing..<failing + 3).contains(count - 1)
                }
                if isTheOne { throw FileError.make("cannot write", path, ENOSPC) }
            }
            let journal = try Journal(
                directory: "log", continuing: JournalContents(directory: "log", files: files), files: files,
                settings: JournalSettings(segmentMaxBytes: 300, openRetries: 0))
            var written: [UInt64: [UInt8]] = [:]
            for number in 0..<30 {
                if number == 5 { count.update { $0 = 0 } }
                var group: [UInt64: [UInt8]] = [:]
                do {
                    if journal.hasFailed { try journal.reopen() }
                    for part in 0..<1 + number % 7 {
                        let payload = Array("record \(number) \(part) of a log".utf8)
                        group[try journal.append(type: 1, payload)] = payload
                    }
                    try journal.flush()
                    written.merge(group) { $1 }
                } catch { #expect((error as? SwiftwaterError)?.code == .io) }
            }
            #expect(!journal.hasFailed)
            try journal.close()
            disk.crash()
            let (records, next, lost) = try Self.read(disk)
            #expect(records == written && next == UInt64(written.count) && lost.isEmpty, "\(failing)")
        }
    }

    /// Zeros at the begin of a large file once took minutes: each place was a candidate for a record.
    @Test func scanningIsLinear() throws {
        let disk = SimulatedDisk(seed: 4)
        let journal = try Journal(
            directory: "log", continuing: JournalContents(directory: "log", files: disk), files: disk)
        for number in 0..<300_000 {
            // As ratings: ids, bits of a number, and a time, whose bytes look like lengths.
            try journal.append(
                type: 1, Array("\(number) \(1000 + number % 7)".utf8) + [0, 0, 128, 64, 112, 23, 60, 1, 0, 0])
            if number % 50 == 0 { try journal.flush() }
        }
        try journal.flush()
        let path = "log/00000000000000000000.log"
        let bytes = try disk.read(path)
        let clock = ContinuousClock()
        let whole = try clock.measure { _ = try JournalContents(directory: "log", files: disk) }
        disk.overwrite(path, [UInt8](repeating: 0, count: 64 << 10) + bytes.dropFirst(64 << 10))
        let damaged = clock.measure { #expect(throws: SwiftwaterError.self) { try Self.read(disk) } }
        #expect(damaged < whole * 20 + .milliseconds(200))
        let repair = try JournalRepair(directory: "log", files: disk)
        #expect(repair.lostCount < 5_000 && repair.readableCount > 295_000)
    }
}
