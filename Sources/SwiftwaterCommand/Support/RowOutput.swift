import ArgumentParser
import Swiftwater

/// Writes rows to standard output, or to a file that appears when it is complete.
final class RowOutput {
    private let file: AtomicFile?
    private var pending = ""

    /// - Parameter path: nil and `-` are standard output.
    init(path: String?) throws { file = try path.flatMap { $0 == "-" ? nil : try AtomicFile(path: $0) } }

    func write(_ text: String) throws {
        pending += text
        if pending.utf8.count >= 65536 { try flush() }
    }

    private func flush() throws {
        if let file { try file.write(pending) } else { try StandardStream.output.write(pending) }
        pending = ""
    }

    func finish() throws {
        try flush()
        try file?.commit()
    }
}
