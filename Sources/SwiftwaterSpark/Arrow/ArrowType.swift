#if SparkConnect
    import SwiftwaterCore

    /// The type of a column in Arrow's format, as far as Spark uses it. Numbers as in Arrow's Schema.fbs.
    package indirect enum ArrowType: Equatable {
        case null
        case integer(bits: Int, isSigned: Bool)
        case float
        case double
        case bytes
        case text
        case bool
        case decimal(scale: Int, bits: Int)
        /// Days since 1970.
        case date
        /// Microseconds since 1970.
        case timestamp
        case list(ArrowField)
        case structure([ArrowField])
        /// A list of structures of key and value.
        case map(ArrowField)

        init(_ field: FlatTable, depth: Int) throws {
            guard depth < 32 else { throw SwiftwaterError(.corrupted, "an Arrow type is nested too deeply") }
            let kind: UInt8 = try field.number(2, 0)
            let type = try field.table(3)
            func children() throws -> [ArrowField] { try field.tables(5).map { try ArrowField($0, depth: depth + 1) } }
            func child() throws -> ArrowField {
                guard let first = try children().first else {
                    throw SwiftwaterError(.corrupted, "an Arrow list has no element type")
                }
                return first
            }
            func unsupported(_ what: String) throws -> SwiftwaterError {
                SwiftwaterError(
                    .unsupported, "the column '\(try field.string(0) ?? "")' has \(what)",
                    remedy: "cast it in the query, for example CAST(column AS STRING)")
            }
            switch kind {
            case 1: self = .null
            case 2:
                let bits = Int(try type?.number(0, Int32(0)) ?? 0)
                guard [8, 16, 32, 64].contains(bits) else { throw try unsupported("integers of \(bits) bits") }
                self = .integer(bits: bits, isSigned: try type?.number(1, UInt8(0)) != 0)
            case 3:
                switch try type?.number(0, Int16(0)) ?? 0 {
                case 1: self = .float
                case 2: self = .double
                default: throw try unsupported("numbers of half precision")
                }
            case 4: self = .bytes
            case 5: self = .text
            case 6: self = .bool
            case 7:
                let bits = Int(try type?.number(2, Int32(128)) ?? 128)
                guard bits == 128 else { throw try unsupported("decimals of \(bits) bits") }
                self = .decimal(scale: Int(try type?.number(1, Int32(0)) ?? 0), bits: bits)
            case 8:
                guard try type?.number(0, Int16(1)) == 0 else { throw try unsupported("dates in milliseconds") }
                self = .date
            case 10:
                guard try type?.number(0, Int16(0)) == 2 else {
                    throw try unsupported("times in another unit than microseconds")
                }
                self = .timestamp
            case 12: self = .list(try child())
            case 13: self = .structure(try children())
            case 17: self = .map(try child())
            default: throw try unsupported("a type that Swiftwater does not read (Arrow type \(kind))")
            }
        }
    }

    /// A column's name and type.
    package struct ArrowField: Equatable {
        /// The column's name.
        package let name: String
        /// The column's type.
        package let type: ArrowType

        init(_ name: String, _ type: ArrowType) { (self.name, self.type) = (name, type) }

        init(_ field: FlatTable, depth: Int = 0) throws {
            self.init(try field.string(0) ?? "", try ArrowType(field, depth: depth))
        }
    }
#endif
