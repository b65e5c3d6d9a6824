import Foundation
import Swiftwater

extension Secret {
    /// Reads a secret that must not appear on a command line: from the environment, or the first line of a file.
    ///
    /// - Throws: If both are given, or if the file is empty or cannot be read.
    static func read(environment name: String, file: String?) throws -> Secret? {
        let own = ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
        guard let file else { return own.map { Secret($0) } }
        guard own == nil else {
            throw SwiftwaterError(
                .invalidArgument, "\(name) and a file with the secret are both given", remedy: "use one")
        }
        let text = String(decoding: try LocalFileSystem().read(file), as: UTF8.self)
        let secret = text.split(separator: "\n").first.map(String.init) ?? ""
        guard !secret.isEmpty else {
            throw SwiftwaterError(
                .malformedInput, "the first line is empty", at: .init(file: file), remedy: "write the token there")
        }
        return Secret(secret)
    }
}
