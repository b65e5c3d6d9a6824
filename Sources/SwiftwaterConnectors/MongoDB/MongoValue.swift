import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// Values in MongoDB's extended JSON (its specification, version 2).
enum MongoValue {
    /// Writes a value of a row with its type.
    static func write(_ value: SinkValue, to json: inout JSONWriter) {
        switch value {
        case .null: json.null()
        case .text(let text): json.value(text)
        case .integer(let number): json.object { $0.member("$numberLong", "\(number)") }
        case .real(let number):
            let text =
                number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : "\(number)"
            json.object { $0.member("$numberDouble", text) }
        }
    }

    /// Returns the value of a field as text; nil if there is none. A field inside another is `user.place`.
    static func text(_ document: JSONValue, at field: String) -> String? {
        if let value = document[field] { return text(value) }
        guard let dot = field.firstIndex(of: "."), let inner = document[String(field[..<dot])] else { return nil }
        return text(inner, at: String(field[field.index(after: dot)...]))
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null: return nil
        case .string(let text): return text
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .bool(let truth): return truth ? "true" : "false"
        case .array: return JSONWriter.string(Plain(value: value))
        case .object(let members):
            // The types that JSON does not have: `{"$numberLong": "1"}`, and dates, whose value is such a one.
            guard members.count == 1, let member = members.first, member.name.hasPrefix("$") else {
                return JSONWriter.string(Plain(value: value))
            }
            // JavaScript's numbers are of this type.
            if member.name == "$numberDouble", let number = integer(value) { return "\(number)" }
            if member.name == "$date" {
                return integer(member.value).map(time)
            }
            if member.name == "$timestamp" { return member.value["t"]?.integer.map { time($0 * 1000) } }
            return text(member.value)
        }
    }

    private static func time(_ milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: milliseconds % 1000 != 0))
    }

    /// Returns a value as plain JSON: numbers as numbers; ids, dates and other types as text.
    static func json(_ value: JSONValue) -> String { JSONWriter.string(Plain(value: value)) }

    /// A value as plain JSON.
    private struct Plain: JSONWritable {
        let value: JSONValue

        func write(to json: inout JSONWriter) {
            switch value {
            case .array(let elements):
                json.array { json in for element in elements { Plain(value: element).write(to: &json) } }
            case .object(let members) where !(members.count == 1 && members[0].name.hasPrefix("$")):
                json.object { json in
                    for member in members {
                        json.name(member.name)
                        Plain(value: member.value).write(to: &json)
                    }
                }
            case .object:
                if let number = MongoValue.integer(value) {
                    json.value(number)
                } else if let number = value["$numberDouble"]?.string.flatMap({ Double($0) }), number.isFinite {
                    json.value(number)
                } else {
                    json.value(text(value) ?? "")
                }
            case .string(let text): json.value(text)
            case .integer(let number): json.value(number)
            case .number(let number): json.value(number)
            case .bool(let truth): json.value(truth)
            case .null: json.null()
            }
        }
    }

    /// Returns an integer of any of MongoDB's types.
    static func integer(_ value: JSONValue) -> Int64? {
        if let number = value.integer { return number }
        let text = value["$numberLong"]?.string ?? value["$numberInt"]?.string
        if let text { return Int64(text) }
        return value["$numberDouble"]?.string.flatMap { Double($0) }.flatMap { Int64(exactly: $0) }
    }
}
