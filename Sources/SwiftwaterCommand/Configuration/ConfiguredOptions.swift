import Configuration
import Foundation
import Swiftwater

/// The options of a command that the environment and the configuration file set, for those that the command line does
/// not.
struct ConfiguredOptions {
    /// Where a value comes from.
    enum Origin: Equatable {
        case variable(String)
        case file(String, line: Int)

        var description: String {
            switch self {
            case .variable(let name): name
            case .file(let name, let line): "\(name):\(line)"
            }
        }
    }

    struct Value {
        let option: CommandDescription.Option
        let values: [String]
        let origin: Origin

        /// The value as words of a command line; none for a flag that is off.
        var words: [String] {
            if option.isFlag {
                if values == ["true"] { return ["--\(option.name)"] }
                return option.names.first { $0.hasPrefix("no-") && $0 != option.name }.map { ["--\($0)"] } ?? []
            }
            return (option.isRepeating ? values : [values.joined(separator: ",")]).map { "--\(option.name)=\($0)" }
        }
    }

    let values: [Value]

    /// Looks up the options of a command.
    ///
    /// - Parameters:
    ///   - command: the words that call it.
    ///   - given: the words of the command line: options that stand there are left out.
    /// - Throws: If a flag is neither true nor false.
    init(
        _ command: String, _ description: CommandDescription, file: ConfigurationFile?, environment: [String: String],
        given: [String] = []
    ) throws {
        let given = Set(given.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { $0.prefix { $0 != "=" } })
        let provider = EnvironmentVariablesProvider(environmentVariables: environment, arraySeparator: ";")
        let path = command.split(separator: " ").map(String.init)
        values = try description.options.filter { option in
            !Self.reserved.contains(option.name) && !option.names.contains { given.contains("--\($0)") }
        }.compactMap { option in
            for name in option.names {
                if let value = try Self.variable(["swiftwater"] + path + [name], option, provider) { return value }
            }
            guard let file else { return nil }
            for path in [path, [ConfigurationFile.shared]] {
                for name in option.names {
                    guard let values = try file.values(path + [name], isFlag: option.isFlag) else { continue }
                    return Value(
                        option: option, values: values, origin: .file(file.name, line: file.line(path + [name])))
                }
            }
            return nil
        }
    }

    /// What stands on the command line only.
    static let reserved: Set<String> = ["help", "version", "config"]

    private static func variable(
        _ path: [String], _ option: CommandDescription.Option, _ provider: EnvironmentVariablesProvider
    ) throws -> Value? {
        let key = AbsoluteConfigKey(path)
        let text = try provider.value(forKey: key, type: .string)
        guard case .string(let value)? = text.value?.content, !value.isEmpty else { return nil }
        var values = [value]
        if option.isFlag {
            guard case .bool(let isOn)? = try? provider.value(forKey: key, type: .bool).value?.content else {
                throw SwiftwaterError(
                    .invalidArgument, "\(text.encodedKey) is neither true nor false",
                    remedy: "set it to true or false, or unset it")
            }
            values = ["\(isOn)"]
        } else if option.isRepeating,
            case .stringArray(let list)? = try provider.value(forKey: key, type: .stringArray).value?.content
        {
            values = list
        }
        return Value(option: option, values: values, origin: .variable(text.encodedKey))
    }

    /// The words for the command line.
    var words: [String] { values.flatMap(\.words) }

    /// Returns a value as it may be shown: passwords and secrets in it are hidden.
    static func shown(_ value: String, of name: String) -> String {
        if ConfigurationFile.isSecret(name) { return "(hidden)" }
        return value.replacing(/:\/\/([^\/@:]*):[^@]*@/) { "://\($0.output.1):(hidden)@" }
            .replacing(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&]*/.ignoresCase()) { "\($0.output.1)(hidden)" }
    }
}
