import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterStreaming
import SwiftwaterTrends
import TestSupport
import Testing

/// Bounds, lists, other keys, checkpoints.
@Suite struct TrendingLimitsTests {
    /// With more keys than there is room for, each listed count lies within its bounds, and frequent keys are listed.
    @Test(arguments: 0..<12)
    func boundsHoldTheTruth(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 31)
        var truth: [String: [Int64: Int]] = [:]
        let lines = (0..<6000).map { number -> String in
            let tag = random.below(3) == 0 ? random.below(10) : random.below(3000)
            let time = TrendingTests.now - 3_600_000 + Int64(number) * 40
            truth["#t\(tag)", default: [:]][time / 60_000, default: 0] += 1
            return ##"{"id_str":"\##(number)","created_at":"\##(TrendingTests.stamp(time))","text":"#t\##(tag)"}"##
        }
        var settings = TrendingSettings()
        settings.usesEventTime = true
        (settings.window, settings.slide, settings.keysMax) = (.seconds(120), .seconds(60), [64, 320, 1600][seed % 3])
        settings.limit = 0
        let tables = try await TrendingTests.run(lines, settings, batches: 1 + seed % 4)
        var isApproximate = false
        for table in tables {
            let slides = [table.end.milliseconds / 60_000 - 2, table.end.milliseconds / 60_000 - 1]
            #expect(table.keys <= 2 * (settings.keysMax + 16))
            for row in table.rows {
                let count = slides.reduce(0) { $0 + (truth[String(row.key)]?[$1] ?? 0) }
                #expect(
                    row.count <= count && count <= row.countUpperBound,
                    "\(row.key): \(row.count)...\(row.countUpperBound), \(count)")
                isApproximate = isApproximate || row.count < row.countUpperBound
            }
            // Keys that are not listed are rarer than the bound.
            let shown = Set(table.rows.map { String($0.key) })
            let bound = table.rows.map { $0.countUpperBound - $0.count }.max() ?? 0
            for (key, counts) in truth where !shown.contains(key) {
                #expect(slides.reduce(0) { $0 + (counts[$1] ?? 0) } <= max(bound, 0))
            }
        }
        #expect(isApproximate == (settings.keysMax < 1600))
    }

    /// A flood of keys leaves the slides of a window with at most twice the keys of one, and what is frequent stays.
    @Test(arguments: [true, false])
    func theKeysOfAWindowAreLimited(recordsEvidence: Bool) async throws {
        var random = SeededRandom(seed: 4, stream: 32)
        var truth: [String: [Int64: Int]] = [:]
        let lines = (0..<12_000).map { number -> String in
            let tag = random.below(4) == 0 ? random.below(5) : 100 + number
            let time = TrendingTests.now - 3_600_000 + Int64(number) * 10
            truth["#t\(tag)", default: [:]][time / 1000, default: 0] += 1
            return
                ##"{"id_str":"\##(number)","created_at":"\##(TrendingTests.stamp(time))","user":{"id_str":"\##(number % 50)"},"text":"#t\##(tag)"}"##
        }
        var settings = TrendingSettings()
        (settings.usesEventTime, settings.recordsEvidence) = (true, recordsEvidence)
        (settings.window, settings.slide, settings.keysMax) = (.seconds(60), .seconds(1), 640)
        settings.limit = 5
        if recordsEvidence { settings.additionalOrders = [.authors] }
        let tables = try await TrendingTests.run(lines, settings, batches: 7)
        for table in tables.dropFirst(40) where table.posts > 4000 {
            #expect(table.keys <= 2 * 640 + 32)
            #expect(Set(table.rows.map(\.key)) == ["#t0", "#t1", "#t2", "#t3", "#t4"], "\(table.order)")
            let seconds = (table.end.milliseconds / 1000 - 60)..<(table.end.milliseconds / 1000)
            for row in table.rows {
                let count = seconds.reduce(0) { $0 + (truth[String(row.key)]?[$1] ?? 0) }
                #expect(row.count <= count && count <= row.countUpperBound, "\(row.key)")
                #expect(row.count < row.countUpperBound)
            }
        }
        #expect(tables.contains { $0.posts > 4000 })
    }

    @Test func listsAreReadAgainWhenTheyChange() async throws {
        let folder = try TemporaryDirectory()
        let ignore = try folder.write("ignore.txt", "// not these\n#A\nb\n\n")
        let filter = try TrendFilter(ignore: ignore, allow: nil)
        var settings = TrendingSettings()
        settings.usesEventTime = true
        settings.window = .seconds(60)
        let lines = ["a", "b", "c"].map {
            ##"{"created_at":"\##(TrendingTests.stamp(TrendingTests.now - 90_000))","text":"#\##($0)"}"##
        }
        #expect(try await TrendingTests.run(lines, settings, batches: 1, filter: filter)[0].rows.map(\.key) == ["#c"])
        try folder.write("ignore.txt", "#c\n")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: ignore)
        #expect(
            try await TrendingTests.run(lines, settings, batches: 1, filter: filter)[0].rows.map(\.key) == ["#a", "#b"])
        // If a file is deleted, the lists remain.
        try FileManager.default.removeItem(atPath: ignore)
        #expect(
            try await TrendingTests.run(lines, settings, batches: 1, filter: filter)[0].rows.map(\.key) == ["#a", "#b"])
        let allow = try TrendFilter(ignore: nil, allow: try folder.write("allow.txt", "B\n"))
        #expect(try await TrendingTests.run(lines, settings, batches: 1, filter: allow)[0].rows.map(\.key) == ["#b"])
        #expect(throws: SwiftwaterError.self) { try TrendFilter(ignore: folder.file("none"), allow: nil) }
    }

    @Test(
        arguments: [
            (.cashtags, "buy $BTC, ($brk.a) $BRK.A! $toolong1 $5 US$ $ABCDEFGH $", ["$brk.a", "$btc"]),
            (
                .mentions, "@Ana: hi (@bo_1) @Ana's @carl@example.org mail@x.org @ @éva",
                ["@ana", "@bo_1", "@carl@example.org"]
            ),
            (
                .mentions, ".@one の@two RT@three rt:@four （@five） @six....thoughts ＠seven: @eight's,@nine",
                ["@one", "@two", "@three", "@four", "@five", "@six", "@seven", "@eight", "@nine"]
            ),
            (
                .mentions, "mail@no.org a_@no !@no @no@ @noé @no://x &@no art@no @ana.bsky.social @b.c @d-e @f@g",
                ["@ana.bsky.social", "@b", "@d"]
            ),
            (
                .links, "https://t.co/pbY2NfTZ's http://x.org/wiki/Primer_(film) (http://x.org/a_(b)) (http://y.org/)",
                ["t.co/pbY2NfTZ", "x.org/wiki/Primer_(film)", "x.org/a_(b)", "y.org"]
            ),
            (
                .links, "https://WWW.Example.com/A/#x, http://example.com/A (https://b.org/) ftp://c.org https://nodot",
                ["b.org", "example.com/A"]
            ),
            (.words, "The the CATS' don't été #tag @name http://x.y/z ab", ["cats", "don't", "the", "été"]),
            (.hashWords, "#One,two #one, #", ["#", "#one,", "#one,two"]),
        ] as [(TrendingSettings.Keys, String, [String])])
    func otherKeys(keys: TrendingSettings.Keys, text: String, expected: [String]) async throws {
        var settings = TrendingSettings()
        settings.keys = keys
        settings.usesEventTime = true
        settings.window = .seconds(60)
        let line = #"{"created_at":"\#(TrendingTests.stamp(TrendingTests.now - 90_000))","text":"\#(text)"}"#
        let rows = try await TrendingTests.run([line], settings, batches: 1)[0].rows
        #expect(rows.map { String($0.key) }.sorted() == expected.sorted())
        #expect(rows.allSatisfy { $0.count == 1 })
    }

    /// A program that is stopped halfway and restarted from its checkpoint gives the same tables as one that was not
    /// stopped.
    @Test(arguments: 0..<6)
    func aRestartChangesNothing(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 41)
        let lines = TrendingTests.archive(&random, count: 300)
        var settings = TrendingSettings()
        settings.usesEventTime = true
        (settings.window, settings.slide, settings.lateness) = (.seconds(50), .seconds(10), .seconds(20))
        (settings.order, settings.baseline) = ([.count, .burst, .authors][seed % 3], .seconds(300))
        if seed % 2 == 1 { settings.score = .chiSquare }
        let whole = try await TrendingTests.run(lines, settings, batches: 10)
        let folder = try TemporaryDirectory()
        var tables: [TrendingTable] = []
        let parts = (0..<10).map { Array(lines[(300 * $0 / 10)..<(300 * ($0 + 1) / 10)]) }
        for run in [0..<4, 4..<10] {
            for batch in run {
                try folder.write("in-\(batch).tmp", parts[batch].joined(separator: "\n") + "\n")
            }
            tables += try await restarted(folder, run, settings, isLast: run.upperBound == 10)
        }
        #expect(tables.map(\.end) == whole.map(\.end))
        #expect(tables.map(\.rows) == whole.map(\.rows))
    }

    /// Runs one batch per file of a directory, from the existing checkpoint.
    private func restarted(
        _ folder: TemporaryDirectory, _ batches: Range<Int>, _ settings: TrendingSettings, isLast: Bool
    ) async throws -> [TrendingTable] {
        var stream = StreamSettings()
        stream.isStepped = true
        let clock = ManualClock(at: BatchTime(milliseconds: TrendingTests.now + Int64(batches.lowerBound) * 1000))
        let context = StreamingContext(
            Context(master: .local(threads: 2), appName: "trending"), batchInterval: .seconds(1), settings: stream,
            clock: clock)
        var checkpoint = CheckpointSettings(directory: folder.file("state"))
        checkpoint.interval = .seconds(1)
        context.checkpoint(checkpoint)
        let (tables, end) = (Collected<TrendingTable>(), Monitor(false))
        try FileManager.default.createDirectory(atPath: folder.file("posts"), withIntermediateDirectories: true)
        context.textFileStream(directory: folder.file("posts"), newFilesOnly: false).named("posts")
            .trending(settings, isLast: { end.read { $0 } })
            .forEachBatch(name: "tables") { rdd, _ in for table in try rdd.collect() { tables.append(table) } }
        try await context.start()
        for batch in batches {
            try FileManager.default.moveItem(
                atPath: folder.file("in-\(batch).tmp"), toPath: folder.file("posts/\(100 + batch).txt"))
            clock.advance(by: .seconds(1))
            try context.step()
        }
        if isLast {
            end.update { $0 = true }
            try context.step()
        }
        try await context.stop()
        return tables.all
    }

    /// The batch that closes the last windows is in the sink, and the program ends before that batch is done. When the
    /// batch is repeated, it closes them again, and the sink has them once.
    @Test func theLastWindowsAreClosedOnce() async throws {
        let folder = try TemporaryDirectory()
        var random = SeededRandom(seed: 4, stream: 43)
        let lines = TrendingTests.archive(&random, count: 200)
        try folder.write("posts.ndjson", lines.joined(separator: "\n") + "\n")
        var settings = TrendingSettings()
        settings.usesEventTime = true
        (settings.window, settings.slide) = (.seconds(60), .seconds(10))
        for run in 0..<3 {
            var stream = StreamSettings()
            stream.isStepped = true
            let clock = ManualClock(at: BatchTime(milliseconds: TrendingTests.now + Int64(run) * 5000))
            let context = StreamingContext(
                Context(master: .local(threads: 2), appName: "last"), batchInterval: .seconds(1), settings: stream,
                clock: clock)
            context.checkpoint(CheckpointSettings(directory: folder.file("state")))
            let archive = try ArchiveSource([folder.file("posts.ndjson")])
            let tables = context.archiveTextStream(archive).named("posts").trending(
                settings, isLast: { archive.isAtEnd })
            tables.flatMap { table in table.rows.map { (table.end, $0) } }.save(
                to: FileSink(directory: folder.file("out"), format: .ndjson), name: "rows",
                columns: ["end", "key", "count"]
            ) { [.integer($0.0.milliseconds), .text($0.1.key), .integer($0.1.count)] }
            let batches = Monitor(0)
            tables.forEachBatch(name: "plug") { _, _ in
                // The second batch closes the windows.
                let number = batches.update { count in
                    count += 1
                    return count
                }
                if run == 0, number == 2 { throw SwiftwaterError(.io, "the plug is pulled") }
            }
            try await context.start()
            if run == 0 {
                try context.step()
                #expect(throws: SwiftwaterError.self) { try context.step() }
                // Stopping reports what failed.
                await #expect(throws: SwiftwaterError.self) { try await context.stop() }
            } else {
                while !archive.isAtEnd || !context.isCaughtUp { try context.step() }
                try context.step()
                try await context.stop()
            }
        }
        let whole = try await TrendingTests.run(lines, settings, batches: 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).filter {
            $0.hasSuffix(".ndjson")
        }
        let rows = try names.flatMap { try folder.text("out/" + $0).split(separator: "\n").map(String.init) }
        #expect(rows.count == whole.reduce(0) { $0 + $1.rows.count })
        #expect(Set(rows).count == rows.count)
    }
}
