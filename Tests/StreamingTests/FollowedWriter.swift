import Foundation
import SwiftwaterCore
import TestSupport

/// Writes a file as programs and logrotate do. Each change of a file has its own time.
final class FollowedWriter {
    let path: String
    /// The lines that were written and ended.
    private(set) var written: [String] = []
    private var number = 0
    private var time = 1_000_000
    private var open = ""
    private var random: SeededRandom

    init(_ path: String, seed: UInt64) { (self.path, random) = (path, SeededRandom(seed: seed)) }

    /// Appends bytes, and gives the file the next time.
    func append(_ text: String) throws {
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(filePath: path)) }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
        try touch(path)
    }

    private func touch(_ path: String) throws {
        time += 1
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(time))], ofItemAtPath: path)
    }

    /// Appends lines, some of them long; the last may be without its end until the next.
    func write() throws {
        var text = ""
        for _ in 0...random.below(20) {
            number += 1
            open += "line \(number) " + String(repeating: "x", count: random.below(4) == 0 ? random.below(900) : 0)
            text += open
            // A line may come in two parts.
            if random.below(5) == 0 {
                try append(text)
                text = ""
            }
            text += "\n"
            written.append(open)
            open = ""
        }
        try append(text)
    }

    private func shift() throws {
        for count in (1...60).reversed() {
            for ending in ["", ".gz"] {
                let old = "\(path).\(count)\(ending)"
                guard FileManager.default.fileExists(atPath: old) else { continue }
                try FileManager.default.moveItem(atPath: old, toPath: "\(path).\(count + 1)\(ending)")
            }
        }
    }

    /// Renames the file, as logrotate does by default.
    func rotate(compresses: Bool) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try shift()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        if compresses { _ = try Program.shell("gzip '\(path).1'") }
    }

    /// Copies the file and cuts it off (`copytruncate`).
    func copyAndTruncate() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try shift()
        try FileManager.default.copyItem(atPath: path, toPath: path + ".1")
        try touch(path + ".1")
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: 0)
        try file.close()
        try touch(path)
    }
}
