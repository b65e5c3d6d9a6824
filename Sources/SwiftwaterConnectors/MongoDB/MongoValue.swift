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

    /// Returns an integer of any of MongoDB's types.
    static func integer(_ value: JSONValue) -> Int64? {
        if let number = value.integer { return number }
        let text = value["$numberLong"]?.string ?? value["$numberInt"]?.string
        if let text { return Int64(text) }
        return value["$numberDouble"]?.string.flatMap { Double($0) }.flatMap { Int64(exactly: $0) }
    }
}
