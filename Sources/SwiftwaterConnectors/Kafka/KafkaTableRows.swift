import SwiftwaterCore
import SwiftwaterFormats

/// The rows that the messages of a topic leave behind.
struct KafkaTableRows: Sendable {
    private let columns: [String]
    private var rows: [Text: [Text?]] = [:]

    init(columns: [String]) { self.columns = columns }

    /// The number of rows.
    var count: Int { rows.count }

    /// The values of a key; nil if there is none.
    subscript(key: Text) -> [Text?]? { rows[key] }

    /// Takes the next message of a key. One without a value removes the key.
    ///
    /// - Throws: `malformedInput` for a value that cannot be read; the key's row stays as it was.
    mutating func take(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) throws {
        guard let text = String(validating: key, as: UTF8.self) else {
            throw SwiftwaterError(.malformedInput, "the key is not text in UTF-8")
        }
        let name = Text(text)
        guard let value else { return rows[name] = nil }
        rows[name] = try values(value)
    }

    private func values(_ value: UnsafeRawBufferPointer) throws -> [Text?] {
        let isObject = value.first { $0 > 0x20 } == UInt8(ascii: "{")
        let json = isObject ? try value.withMemoryRebound(to: UInt8.self) { try JSONValue(parsing: $0) } : .null
        let values = try columns.map { column in
            if let member = Self.member(json, column) { return Self.text(member) }
            guard column == "value" else { return nil }
            guard let text = String(validating: value, as: UTF8.self) else {
                throw SwiftwaterError(.malformedInput, "the value is not text in UTF-8")
            }
            return Text(text)
        }
        guard isObject || columns == ["value"] else {
            throw SwiftwaterError(.malformedInput, "the value is not a JSON object")
        }
        return values
    }

    private static func member(_ json: JSONValue, _ name: String) -> JSONValue? {
        if let value = json[name] { return value }
        guard let dot = name.firstIndex(of: "."), let inner = json[String(name[..<dot])] else { return nil }
        return member(inner, String(name[name.index(after: dot)...]))
    }

    private static func text(_ value: JSONValue) -> Text? {
        switch value {
        case .null: nil
        case .string(let text): Text(text)
        default: Text(JSONWriter.string(value))
        }
    }
}
