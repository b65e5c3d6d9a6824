import SwiftwaterCore
import SwiftwaterFormats

/// A value in a row of a sink.
public enum SinkValue: Sendable, Hashable {
    /// No value.
    case null
    /// An integer.
    case integer(Int64)
    /// A floating-point number.
    case real(Double)
    /// A text.
    case text(Text)

    /// Returns an integer value.
    public static func integer(_ value: Int) -> SinkValue { .integer(Int64(value)) }
    /// Returns a text value.
    public static func text(_ value: String) -> SinkValue { .text(Text(value)) }
}

extension SinkValue: JSONWritable {
    /// Writes the value; a number that is not finite is null.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .integer(let value): json.value(value)
        case .real(let value): json.value(value)
        case .text(let text): json.value(text)
        }
    }
}
