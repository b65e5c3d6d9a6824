#if SparkConnect
    import SwiftwaterCore

    /// Reads streams in Arrow's format (arrow.apache.org, "Columnar format", IPC streaming format):
    ///
    ///     message     0xFFFFFFFF, size of metadata (4), metadata (a FlatBuffers message), body
    ///     stream      schema, record batches, 0xFFFFFFFF 0
    ///     body        for each column, depth first: bits of validity, offsets, values; each padded to 8 bytes
    package struct ArrowReader {
        /// The columns' names and types.
        package let fields: [ArrowField]
        /// The columns of each batch.
        package let batches: [[ArrowColumn]]

        /// Reads a stream.
        ///
        /// - Throws: `corrupted`; `unsupported` for types and features that Spark does not use.
        package init(_ bytes: [UInt8]) throws {
            var place = 0
            var fields: [ArrowField]?
            var batches: [[ArrowColumn]] = []
            while place + 8 <= bytes.count {
                guard bytes[place..<place + 4].allSatisfy({ $0 == 0xFF }) else {
                    throw SwiftwaterError(.corrupted, "an Arrow stream has no message where one should begin")
                }
                let size = (0..<4).reduce(0) { $0 | Int(bytes[place + 4 + $1]) << (8 * $1) }
                place += 8
                if size == 0 { break }
                guard size <= bytes.count - place else { throw ArrowReader.short }
                let message = try FlatTable(bytes[place..<place + size])
                place += size
                let bodyCount = Int(try message.number(3, Int64(0)))
                guard bodyCount >= 0, bodyCount <= bytes.count - place else { throw ArrowReader.short }
                let body = place..<place + bodyCount
                place += bodyCount
                guard let header = try message.table(2) else { continue }
                switch try message.number(1, UInt8(0)) {
                case 1: fields = try header.tables(1).map { try ArrowField($0) }
                case 3:
                    guard let fields else { throw SwiftwaterError(.corrupted, "an Arrow stream has no schema") }
                    batches.append(try ArrowReader.batch(header, fields, bytes, body))
                default:
                    throw SwiftwaterError(.unsupported, "an Arrow stream has a dictionary, which Spark does not send")
                }
            }
            guard let fields else { throw SwiftwaterError(.corrupted, "an Arrow stream has no schema") }
            (self.fields, self.batches) = (fields, batches)
        }

        private static var short: SwiftwaterError { SwiftwaterError(.corrupted, "an Arrow stream ends too early") }

        private static func batch(
            _ header: FlatTable, _ fields: [ArrowField], _ bytes: [UInt8], _ body: Range<Int>
        ) throws -> [ArrowColumn] {
            if try header.table(3) != nil {
                throw SwiftwaterError(
                    .unsupported, "the server compresses its Arrow batches",
                    remedy: "set spark.sql.execution.arrow.compression.codec to none")
            }
            let buffers = try header.pairs(2).map { offset, count in
                guard offset >= 0, count >= 0, offset <= body.count, count <= body.count - offset else { throw short }
                return body.lowerBound + offset..<body.lowerBound + offset + count
            }
            var columns = ColumnReader(bytes: bytes, nodes: try header.pairs(1), buffers: buffers)
            return try fields.map { try columns.column($0.type) }
        }

        /// Takes the nodes and buffers of a batch one after the other.
        private struct ColumnReader {
            let bytes: [UInt8]
            let nodes: [(Int, Int)]
            let buffers: [Range<Int>]
            private var node = 0
            private var buffer = 0

            init(bytes: [UInt8], nodes: [(Int, Int)], buffers: [Range<Int>]) {
                (self.bytes, self.nodes, self.buffers) = (bytes, nodes, buffers)
            }

            private mutating func next() throws -> Range<Int> {
                guard buffer < buffers.count else { throw ArrowReader.short }
                defer { buffer += 1 }
                return buffers[buffer]
            }

            private func numbers<Value: FixedWidthInteger>(_ type: Value.Type, _ count: Int, _ range: Range<Int>) throws
                -> [Value]
            {
                guard count <= range.count / MemoryLayout<Value>.stride else { throw ArrowReader.short }
                return bytes.withUnsafeBytes { raw in
                    (0..<count).map { index in
                        Value(
                            littleEndian: raw.loadUnaligned(
                                fromByteOffset: range.lowerBound + index * MemoryLayout<Value>.stride, as: Value.self))
                    }
                }
            }

            private mutating func integers(_ bits: Int, _ isSigned: Bool, _ count: Int) throws -> [Int64] {
                let range = try next()
                switch (bits, isSigned) {
                case (8, true): return try numbers(Int8.self, count, range).map { Int64($0) }
                case (8, false): return try numbers(UInt8.self, count, range).map { Int64($0) }
                case (16, true): return try numbers(Int16.self, count, range).map { Int64($0) }
                case (16, false): return try numbers(UInt16.self, count, range).map { Int64($0) }
                case (32, true): return try numbers(Int32.self, count, range).map { Int64($0) }
                case (32, false): return try numbers(UInt32.self, count, range).map { Int64($0) }
                default: return try numbers(Int64.self, count, range)
                }
            }

            private func bits(_ count: Int, _ range: Range<Int>) throws -> [Bool] {
                guard count <= range.count * 8 else { throw ArrowReader.short }
                return (0..<count).map { bytes[range.lowerBound + $0 >> 3] >> UInt8($0 & 7) & 1 != 0 }
            }

            /// Returns the end of each value, relative to the first one's beginning, and that beginning.
            private mutating func ends(_ count: Int) throws -> (first: Int, ends: [Int]) {
                let range = try next()
                if count == 0 { return (0, []) }
                let offsets = try numbers(Int32.self, count + 1, range).map { Int($0) }
                guard offsets[0] >= 0, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else {
                    throw SwiftwaterError(.corrupted, "an Arrow column has offsets that go back")
                }
                return (offsets[0], offsets.dropFirst().map { $0 - offsets[0] })
            }

            private mutating func variable(_ count: Int) throws -> ([UInt8], [Int]) {
                let (first, ends) = try ends(count)
                let range = try next()
                let last = ends.last ?? 0
                guard first + last <= range.count else { throw ArrowReader.short }
                return (Array(bytes[(range.lowerBound + first)..<(range.lowerBound + first + last)]), ends)
            }

            mutating func column(_ type: ArrowType) throws -> ArrowColumn {
                guard node < nodes.count, nodes[node].0 >= 0 else { throw ArrowReader.short }
                let (count, nulls) = nodes[node]
                node += 1
                if case .null = type { return ArrowColumn(count: count, isNull: [], values: .null) }
                let validity = try next()
                let isNull = nulls > 0 ? try bits(count, validity).map { !$0 } : []
                return ArrowColumn(count: count, isNull: isNull, values: try values(type, count))
            }

            private mutating func values(_ type: ArrowType, _ count: Int) throws -> ArrowColumn.Values {
                switch type {
                case .null: return .null
                case .integer(let bits, let isSigned): return .integers(try integers(bits, isSigned, count))
                case .float: return .floats(try numbers(UInt32.self, count, try next()).map { Float(bitPattern: $0) })
                case .double:
                    return .doubles(try numbers(UInt64.self, count, try next()).map { Double(bitPattern: $0) })
                case .bool: return .bools(try bits(count, try next()))
                case .date: return .dates(try integers(32, true, count))
                case .timestamp: return .timestamps(try integers(64, true, count))
                case .decimal(let scale, _):
                    return .decimals(try numbers(Int128.self, count, try next()), scale: scale)
                case .text:
                    let (bytes, ends) = try variable(count)
                    return .texts(bytes, ends: ends)
                case .bytes:
                    let (bytes, ends) = try variable(count)
                    return .bytes(bytes, ends: ends)
                case .list(let element):
                    let (first, ends) = try ends(count)
                    let elements = try column(element.type)
                    guard first == 0, ends.last ?? 0 <= elements.count else { throw ArrowReader.short }
                    return .lists(elements, ends: ends)
                case .structure(let fields):
                    return .structures(try fields.map { field in (field.name, try child(field, count)) })
                case .map(let entries):
                    let (first, ends) = try ends(count)
                    let entry = try column(entries.type)
                    guard first == 0, ends.last ?? 0 <= entry.count, case .structures(let pair) = entry.values,
                        pair.count == 2
                    else { throw ArrowReader.short }
                    return .maps(keys: pair[0].column, values: pair[1].column, ends: ends)
                }
            }

            private mutating func child(_ field: ArrowField, _ count: Int) throws -> ArrowColumn {
                let column = try column(field.type)
                guard column.count >= count else { throw ArrowReader.short }
                return column
            }
        }
    }
#endif
