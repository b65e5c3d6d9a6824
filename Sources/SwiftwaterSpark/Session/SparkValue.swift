#if SparkConnect
    /// A value of a result of Spark.
    public enum SparkValue: Sendable, Equatable {
        /// NULL.
        case null
        /// An integer of any width.
        case integer(Int64)
        /// A FLOAT.
        case float(Float)
        /// A DOUBLE.
        case double(Double)
        /// A truth value.
        case bool(Bool)
        /// A STRING.
        case text(String)
        /// A BINARY.
        case bytes([UInt8])
        /// A DECIMAL: the digits without the point, and the number of digits behind it.
        case decimal(Int128, scale: Int)
        /// A DATE, in days since 1970.
        case date(days: Int64)
        /// A TIMESTAMP, in microseconds since 1970.
        case timestamp(microseconds: Int64)
        /// An ARRAY.
        indirect case list([SparkValue])
        /// A STRUCT.
        indirect case structure([SparkField])
        /// A MAP, in no particular order.
        indirect case map([SparkEntry])

        /// The value as an integer; nil if it is not one.
        public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
        /// The value as a number; nil if it is not one.
        public var number: Double? {
            switch self {
            case .integer(let value): Double(value)
            case .float(let value): Double(value)
            case .double(let value): value
            case .decimal(let value, let scale): Double(value) / (0..<scale).reduce(1) { power, _ in power * 10 }
            default: nil
            }
        }
        /// The value as text; nil if it is not text.
        public var text: String? { if case .text(let value) = self { value } else { nil } }
        /// The elements of a list; nil if it is not one.
        public var list: [SparkValue]? { if case .list(let values) = self { values } else { nil } }
    }

    /// A member of a STRUCT.
    public struct SparkField: Sendable, Equatable {
        /// The member's name.
        public let name: String
        /// The member's value.
        public let value: SparkValue

        init(_ name: String, _ value: SparkValue) { (self.name, self.value) = (name, value) }
    }

    /// An entry of a MAP.
    public struct SparkEntry: Sendable, Equatable {
        /// The key.
        public let key: SparkValue
        /// The value.
        public let value: SparkValue
    }
#endif
