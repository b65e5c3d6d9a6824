import Configuration
import Foundation
import Swiftwater
import Yams

/// A configuration file in YAML: options of commands under the commands' names.
///
/// `environment` has variables, and `all` has options of every command that knows them.
struct ConfigurationFile {
    /// A value, or values, with the key that leads to it; no value if nothing stands there.
    struct Entry {
        let path: [String]
        let values: [String]
        let line: Int
    }

    /// The key of options of all commands.
    static let shared = "all"
    /// The key of environment variables.
    static let environment = "environment"

    let name: String
    let entries: [Entry]
    /// The number of keys with a value.
    var valueCount: Int { entries.count { !$0.values.isEmpty } }
    private let snapshot: YAMLSnapshot

    /// Reads a file.
    ///
    /// - Throws: If it cannot be read, is not YAML, or has values other than text, numbers, true, false and lists of
    ///   them. If it has secrets, and others may read it.
    init(_ path: String) throws {
        let bytes = try LocalFileSystem().read(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SwiftwaterError(
                .malformedInput, "the file is not UTF-8", at: .init(file: path), remedy: "save it as UTF-8")
        }
        try self.init(text, name: path)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? Int) ?? 0
        if mode & 0o077 != 0,
            entries.contains(where: { $0.path.first == Self.environment && Self.isSecret($0.path[1]) })
        {
            throw SwiftwaterError(
                .denied, "the file has secrets, and other users may read it (mode \(String(mode & 0o777, radix: 8)))",
                at: .init(file: path), remedy: "chmod 600 \(ShellWord.quoted(path))")
        }
    }

    /// Reads the text of a file.
    init(_ text: String, name: String) throws {
        self.name = name
        var entries: [Entry] = []
        do {
            if let root = try compose(yaml: text), root.scalar?.string.isEmpty != true {
                guard let mapping = root.mapping else {
                    throw Self.problem(
                        "the file is not a list of keys with values", name, 1, "write OPTION: VALUE under a command")
                }
                try Self.add(mapping, [], to: &entries, name)
            }
            let bytes = Array((entries.isEmpty ? "{}" : text).utf8)
            snapshot = try YAMLSnapshot(data: bytes.span.bytes, providerName: name, parsingOptions: .default)
        } catch let error as YamlError {
            throw Self.explained(error, name)
        }
        self.entries = entries
    }

    private static func add(_ mapping: Node.Mapping, _ path: [String], to entries: inout [Entry], _ name: String) throws
    {
        for (key, value) in mapping {
            let line = key.mark?.line ?? 1
            guard let word = key.string, !word.isEmpty else {
                throw problem("a key is not a word", name, line, "write OPTION: VALUE")
            }
            let longer = path + [word]
            if let inner = value.mapping {
                try add(inner, longer, to: &entries, name)
            } else if let list = value.sequence {
                let values = list.compactMap(\.scalar?.string)
                guard values.count == list.count else {
                    throw problem(
                        "'\(longer.joined(separator: "."))' has a list of lists", name, line, "list plain values")
                }
                entries.append(Entry(path: longer, values: values, line: line))
            } else if let scalar = value.scalar?.string {
                let isNothing = scalar.isEmpty && value.scalar?.style == .plain
                entries.append(Entry(path: longer, values: isNothing ? [] : [scalar], line: line))
            }
        }
    }

    static func problem(_ what: String, _ file: String, _ line: Int, _ remedy: String) -> SwiftwaterError {
        SwiftwaterError(.malformedInput, what, at: .init(file: file, line: line), remedy: remedy)
    }

    private static func explained(_ error: YamlError, _ name: String) -> SwiftwaterError {
        switch error {
        case .scanner(_, let what, let mark, _), .parser(_, let what, let mark, _), .composer(_, let what, let mark, _):
            problem("the file is not YAML: \(what)", name, mark.line, "correct this line, or the one before it")
        case .duplicatedKeysInMapping(let keys, let context):
            problem(
                "'\(keys.joined(separator: "', '"))' stands there twice", name, context.mark.line, "keep one of them")
        default: problem("the file is not YAML: \(error)", name, 1, "write OPTION: VALUE under a command")
        }
    }

    /// Returns the values of a key; nil if the file does not have it.
    ///
    /// - Throws: If a flag is neither true nor false.
    func values(_ path: [String], isFlag: Bool) throws -> [String]? {
        guard let entry = entries.first(where: { $0.path == path }) else { return nil }
        guard isFlag else { return entry.values }
        guard entry.values.count == 1,
            case .bool(let isOn)? = try? snapshot.value(forKey: AbsoluteConfigKey(path), type: .bool).value?.content
        else {
            throw Self.problem(
                "'\(path.joined(separator: "."))' is neither true nor false", name, entry.line, "write true or false")
        }
        return ["\(isOn)"]
    }

    /// Returns the line of a key.
    func line(_ path: [String]) -> Int { entries.first { $0.path == path }?.line ?? 1 }

    /// Sets the variables of `environment` that the environment does not have.
    func setEnvironment() throws {
        for entry in entries where entry.path.first == Self.environment && entry.path.count == 2 {
            guard entry.values.count == 1 else {
                throw Self.problem("'\(entry.path[1])' has several values", name, entry.line, "write one value")
            }
            setenv(entry.path[1], entry.values[0], 0)
        }
    }

    /// Whether what a name stands for must not be shown.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return !name.hasSuffix("_file") && !name.hasSuffix("-file")
            && ["token", "secret", "password", "access_key"].contains { name.contains($0) }
    }
}
