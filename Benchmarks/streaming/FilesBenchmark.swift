import Foundation
import Logging
import Swiftwater

/// The classic program over the files of a directory, as one batch.
func benchmarkFiles(_ arguments: [String]) async throws {
    let folder = arguments[1]
    for round in 0..<4 {
        let context = try makeContext(.milliseconds(100))
        let done = Shared(false)
        let begin = Shared(0.0)
        let lines = context.textFileStream(directory: folder, newFilesOnly: false)
        classic(lines.window(.milliseconds(200))).forEachBatch { rdd, time in
            let rows = try rdd.collect()
            guard !rows.isEmpty, !done.update({ $0 }) else { return }
            let seconds = now() - begin.update { $0 }
            print(
                "files round \(round): \(seconds) s, \(rows.count) tags, first \(rows[0])  peak \(peakMegabytes()) MB")
            done.update { $0 = true }
        }
        begin.update { $0 = now() }
        try await context.start()
        while !done.update({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        try await context.stop()
    }
}

/// The built-in counter over the files of a directory, as one batch.
func benchmarkTrends(_ arguments: [String]) async throws {
    let keys: TrendingSettings.Keys = arguments[2] == "words" ? .hashWords : .hashtags
    let settings = TrendingSettings(window: .milliseconds(20), keys: keys, recordsEvidence: false, limit: 0)
    for round in 0..<4 {
        let context = try makeContext(.milliseconds(10))
        let done = Shared(false)
        let begin = Shared(0.0)
        context.textFileStream(directory: arguments[1], newFilesOnly: false).trending(settings).forEachTable { table in
            guard !table.rows.isEmpty, !done.update({ $0 }) else { return }
            let seconds = now() - begin.update { $0 }
            print(
                "trends \(arguments[2]) round \(round): \(seconds) s, \(table.rows.count) tags, first \(table.rows[0].key) \(table.rows[0].count)  peak \(peakMegabytes()) MB"
            )
            done.update { $0 = true }
        }
        begin.update { $0 = now() }
        try await context.start()
        while !done.update({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        try await context.stop()
    }
}
