import Foundation
import Swiftwater
import TestSupport
import Testing

extension KillTests {
    /// A file that grows, and is rotated and compressed meanwhile: nothing is lost, and nothing is counted twice.
    @Test func followedFilesAreCountedExactlyOnce() throws {
        let logs = try TemporaryDirectory()
        let path = logs.file("posts.log")
        let (lines, ofFile) = (3000, 700)
        try logs.write("posts.log", "")
        SystemThread.start(named: "writer") {
            guard var file = FileHandle(forWritingAtPath: path) else { return }
            for number in 0..<lines {
                if number > 0, number % ofFile == 0 {
                    try? file.close()
                    for older in (1..<8).reversed() {
                        for ending in ["", ".gz"] {
                            rename("\(path).\(older)\(ending)", "\(path).\(older + 1)\(ending)")
                        }
                    }
                    rename(path, path + ".1")
                    try? Data().write(to: URL(filePath: path))
                    file = FileHandle(forWritingAtPath: path)!
                    if number / ofFile % 2 == 0 { _ = try? Program.shell("gzip '\(path).1'") }
                }
                try? file.write(contentsOf: Data("#k\(number % 7) #id\(number)\n".utf8))
                if number % 5 == 4 { Thread.sleep(forTimeInterval: 0.01) }
            }
        }
        let (trace, _) = try run("tail:" + path, seed: 6) { $0.posts.count >= lines }
        #expect(trace.posts.count == lines)
        #expect(Set(trace.posts).count == lines)
    }
}
