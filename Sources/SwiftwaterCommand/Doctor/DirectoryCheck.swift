import Foundation
import Swiftwater
import SwiftwaterPlatform

/// Whether a directory can hold a state.
enum DirectoryCheck {
    /// Writes a small file durably and removes it again; looks at the space.
    static func finding(_ subject: String, _ path: String) -> Finding {
        let files = LocalFileSystem()
        // What does not exist yet is made by the command: what counts is where.
        var place = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        while place.count > 1, !files.exists(place) { place = (place as NSString).deletingLastPathComponent }
        do {
            guard files.isDirectory(place) else {
                throw SwiftwaterError(.io, "\(place) is not a directory", remedy: "name a directory")
            }
            let probe = "\(place)/.swiftwater-doctor-\(SystemInformation.processNumber)"
            defer { try? files.remove(probe) }
            let begin = SystemClock().elapsed()
            let file = try files.create(probe)
            try Array("doctor\n".utf8).withUnsafeBytes { try file.append($0) }
            try file.synchronize()
            file.close()
            let length = SystemClock().elapsed() - begin
            return rate(subject, path, free: free(place), length)
        } catch {
            return Finding(subject, error)
        }
    }

    private static func rate(_ subject: String, _ path: String, free: Int?, _ length: Duration) -> Finding {
        let space = free.map { "\(Format.decimal(Double($0) / 1e9, 1)) GB free" } ?? "space unknown"
        let milliseconds = length.inSeconds * 1000
        let text = "\(path): \(space), a write takes \(Format.decimal(milliseconds, 1)) ms"
        if let free, free < 100_000_000 {
            return Finding(.bad, subject, text, "make room: a full disk stops the streams")
        }
        if let free, free < 2_000_000_000 { return Finding(.remark, subject, text, "make room soon") }
        guard milliseconds < 200 else {
            return Finding(.remark, subject, text, "the disk is slow: each batch and rating waits for it")
        }
        return Finding(.good, subject, text)
    }

    private static func free(_ path: String) -> Int? {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        return Int(information.f_bavail) * Int(information.f_frsize)
    }
}
