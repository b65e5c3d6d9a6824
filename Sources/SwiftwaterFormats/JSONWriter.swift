import SwiftwaterCore

/// A value that can be written as JSON.
package protocol JSONWritable {
    /// Writes exactly one JSON value.
    func write(to json: inout JSONWriter)
}

/// Writes JSON (RFC 8259) as UTF-8 text, on one line and without spaces. A number that is not finite becomes `null`.
///
///     let line = JSONWriter.object {
///         $0.member("name", "a")
///         $0.member("counts", [1, 2])
///         $0.member("mean", Double.nan)
///     }
///     // {"name":"a","counts":[1,2],"mean":null}
package struct JSONWriter {
    /// The text written so far.
    package private(set) var text = ""
    /// Whether a value precedes the next one in the same array or object.
    private var needsComma = false

    /// Creates a writer that has written nothing.
    package init() {}

    /// Returns an object.
    package static func object(_ members: (inout JSONWriter) throws -> Void) rethrows -> String {
        var json = JSONWriter()
        try json.object(members)
        return json.text
    }

    /// Returns a value.
    package static func string(_ value: some JSONWritable) -> String {
        var json = JSONWriter()
        json.value(value)
        return json.text
    }

    /// Writes an object; `members` calls `member` for each of its members.
    package mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
        try nested("{", "}", members)
    }

    /// Writes an array; `elements` calls `value`, `object` or `array` for each of its elements.
    package mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
        try nested("[", "]", elements)
    }

    /// Writes an array. `write` writes exactly one value for each element.
    package mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) throws -> Void
    ) rethrows {
        try array { json in for element in elements { try write(&json, element) } }
    }

    /// Writes a value.
    package mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

    /// Writes `null`.
    package mutating func null() { scalar("null") }

    /// Writes a member of the object that is being written.
    package mutating func member(_ name: String, _ value: some JSONWritable) {
        self.name(name)
        value.write(to: &self)
    }

    /// Writes a member whose value is an object.
    package mutating func member(_ name: String, object members: (inout JSONWriter) throws -> Void) rethrows {
        self.name(name)
        try object(members)
    }

    /// Writes a member whose value is an array. `write` writes exactly one value for each element.
    package mutating func member<Elements: Sequence>(
        _ name: String, array elements: Elements, _ write: (inout JSONWriter, Elements.Element) throws -> Void
    ) rethrows {
        self.name(name)
        try array(elements, write)
    }

    /// Writes the name of a member; exactly one value must follow.
    package mutating func name(_ name: String) {
        scalar(JSONValue.quoted(name))
        text += ":"
        needsComma = false
    }

    /// Writes existing JSON unchanged: exactly one value.
    package mutating func raw(_ json: String) { scalar(json) }

    private mutating func nested(
        _ open: String, _ close: String, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        scalar(open)
        needsComma = false
        try body(&self)
        text += close
        needsComma = true
    }

    private mutating func scalar(_ json: String) {
        if needsComma { text += "," }
        text += json
        needsComma = true
    }
}

extension String: JSONWritable {
    /// Writes a JSON string.
    package func write(to json: inout JSONWriter) { json.raw(JSONValue.quoted(self)) }
}

extension Text: JSONWritable {
    /// Writes a JSON string.
    package func write(to json: inout JSONWriter) { String(self).write(to: &json) }
}

extension Bool: JSONWritable {
    /// Writes `true` or `false`.
    package func write(to json: inout JSONWriter) { json.raw(self ? "true" : "false") }
}

extension Int: JSONWritable {
    /// Writes a number.
    package func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

extension UInt64: JSONWritable {
    /// Writes a number.
    package func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

extension Int64: JSONWritable {
    /// Writes a number.
    package func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

extension Double: JSONWritable {
    /// Writes a number, or `null` if it is not finite.
    package func write(to json: inout JSONWriter) { json.raw(isFinite ? String(self) : "null") }
}

extension Float: JSONWritable {
    /// Writes a number, or `null` if it is not finite.
    package func write(to json: inout JSONWriter) { json.raw(isFinite ? String(self) : "null") }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// Writes the wrapped value, or `null`.
    package func write(to json: inout JSONWriter) {
        if let value = self { value.write(to: &json) } else { json.null() }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    /// Writes an array.
    package func write(to json: inout JSONWriter) { json.array(self) { $0.value($1) } }
}

extension JSONValue: JSONWritable {
    /// Writes the value.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.value(value)
        case .integer(let value): json.value(value)
        case .number(let value): json.value(value)
        case .string(let value): json.value(value)
        case .array(let values): json.value(values)
        case .object(let members): json.object { for member in members { $0.member(member.name, member.value) } }
        }
    }
}
