#if SparkConnect
    /// Writes FlatBuffers messages from the front to the back: a table, then what it points to.
    struct FlatWriter {
        private(set) var bytes: [UInt8] = [0, 0, 0, 0]

        enum Field {
            case byte(UInt8)
            case short(Int16)
            case int(Int32)
            case long(Int64)
            /// The place of something that is written later.
            case offset

            fileprivate var size: Int {
                switch self {
                case .byte: 1
                case .short: 2
                case .int, .offset: 4
                case .long: 8
                }
            }
        }

        private mutating func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }

        mutating func align(_ size: Int, before bytesAhead: Int = 0) {
            while (bytes.count + bytesAhead) % size != 0 { bytes.append(0) }
        }

        /// Writes a table, and returns the places of its fields. Absent fields are nil.
        @discardableResult
        mutating func table(_ fields: [Field?], at place: Int) -> [Int] {
            let head = 4 + 2 * fields.count
            align(8, before: head)
            var (offset, offsets) = (4, [Int]())
            for field in fields {
                guard let field else {
                    offsets.append(0)
                    continue
                }
                offset = (offset + field.size - 1) / field.size * field.size
                offsets.append(offset)
                offset += field.size
            }
            append(UInt16(head))
            append(UInt16(offset))
            for offset in offsets { append(UInt16(offset)) }
            let start = bytes.count
            point(place, to: start)
            append(Int32(head))
            for (field, offset) in zip(fields, offsets) {
                guard let field else { continue }
                while bytes.count < start + offset { bytes.append(0) }
                switch field {
                case .byte(let value): append(value)
                case .short(let value): append(value)
                case .int(let value): append(value)
                case .long(let value): append(value)
                case .offset: append(UInt32(0))
                }
            }
            return offsets.map { start + $0 }
        }

        /// Makes an offset point to something.
        private mutating func point(_ place: Int, to target: Int) {
            let distance = UInt32(target - place)
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: distance >> UInt32(8 * index)) }
        }

        mutating func string(_ text: String, at place: Int) {
            align(4)
            point(place, to: bytes.count)
            append(UInt32(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        }

        /// Writes a vector of offsets, and returns their places.
        mutating func vector(_ count: Int, at place: Int) -> [Int] {
            align(4)
            point(place, to: bytes.count)
            append(UInt32(count))
            let first = bytes.count
            for _ in 0..<count { append(UInt32(0)) }
            return (0..<count).map { first + 4 * $0 }
        }

        /// Writes a vector of structures of two numbers.
        mutating func vector(_ pairs: [(Int, Int)], at place: Int) {
            align(8, before: 4)
            point(place, to: bytes.count)
            append(UInt32(pairs.count))
            for (first, second) in pairs {
                append(Int64(first))
                append(Int64(second))
            }
        }
    }
#endif
