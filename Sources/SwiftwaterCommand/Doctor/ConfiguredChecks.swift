import Foundation
import Swiftwater
import SwiftwaterConnectors

/// What `doctor` says of the files, directories, ports and services that options of commands name.
struct ConfiguredChecks {
    private let command: String
    private let values: [ConfiguredOptions.Value]

    /// Options whose value is a directory that is written to.
    private static let directories: Set<String> = ["state", "checkpoint", "dead-letter"]
    /// Options whose value is a file that is read.
    private static let files: Set<String> = [
        "model", "movies", "ignore", "allow", "deny", "query", "train", "validation", "test", "token-file", "from",
    ]
    /// Options whose value is the address of a service, or of a file.
    private static let addresses: Set<String> = ["source", "ratings", "sink", "enrich", "master", "to"]

    init(_ command: String, _ values: [ConfiguredOptions.Value]) { (self.command, self.values) = (command, values) }

    func all() -> [Finding] {
        var found = values.flatMap { value -> [Finding] in
            let name = value.option.name
            if command == "serve", name == "port" { return [] }
            let subject = "\(command): \(name)"
            return value.values.flatMap { text -> [Finding] in
                if Self.directories.contains(name) { return [directory(subject, text)] }
                if Self.files.contains(name) { return [file(subject, text)] }
                if Self.addresses.contains(name) { return address(subject, text) }
                return []
            }
        }
        if command == "serve" { found.append(port()) }
        return found
    }

    private func value(_ name: String) -> String? { values.first { $0.option.name == name }?.values.first }

    private func port() -> Finding {
        let host = value("host") ?? ServeAddress.host
        let port = value("port").map { Int($0) ?? 0 } ?? ServeAddress.port
        return outcome("serve: port", "\(host):\(port) is free") { try TCPProbe.listen(host, port) }
    }

    private func directory(_ subject: String, _ path: String) -> Finding {
        guard URLFileSystem.isRemote(path) else { return DirectoryCheck.finding(subject, path) }
        return outcome(subject, "\(path) can be listed") { _ = try URLFileSystem().list(path) }
    }

    private func file(_ subject: String, _ path: String) -> Finding {
        outcome(subject, "\(path) can be read") {
            guard try URLFileSystem().exists(path) else {
                throw SwiftwaterError(.notFound, "\(path) does not exist", remedy: "check the path")
            }
            if try !URLFileSystem().isDirectory(path) { _ = try URLFileSystem().open(path) }
        }
    }

    private func address(_ subject: String, _ text: String) -> [Finding] {
        let shown = ConfiguredOptions.shown(text, of: "")
        for scheme in ["file:", "tail:", "text:", "csv:", "ndjson:", "sqlite:"] where text.hasPrefix(scheme) {
            let path = String(text.dropFirst(scheme.count).prefix { $0 != "?" })
            return [
                ["file:", "tail:"].contains(scheme)
                    ? file(subject, path)
                    : DirectoryCheck.finding(subject, (path as NSString).deletingLastPathComponent)
            ]
        }
        if text.hasPrefix("files:") { return [file(subject, String(text.dropFirst("files:".count)))] }
        guard let servers = ServiceServers(text) else {
            if URLFileSystem.isRemote(text) { return [file(subject, text)] }
            return text.contains(":") ? [Finding(.remark, subject, "\(shown) is not tried")] : [file(subject, text)]
        }
        var found: [Finding] = []
        if let library = servers.library {
            do { _ = try library.load() } catch { found.append(Finding(subject, error)) }
        }
        for (host, port) in servers.places {
            let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            found.append(
                servers.listens
                    ? outcome(subject, "\(place) is free") { try TCPProbe.listen(host, port) }
                    : outcome(subject, "\(place) answers") { try TCPProbe.connect(host, port) })
        }
        return found
    }

    private func outcome(_ subject: String, _ text: String, _ body: () throws -> Void) -> Finding {
        do {
            try body()
            return Finding(.good, subject, text)
        } catch {
            return Finding(subject, error)
        }
    }
}
