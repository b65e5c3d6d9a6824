#if SparkConnect
    /// A column to upload.
    package enum UploadColumn {
        /// BIGINT.
        case longs([Int64])
        /// FLOAT.
        case floats([Float])
        /// STRING.
        case texts([String])

        var sparkType: String {
            switch self {
            case .longs: "BIGINT"
            case .floats: "FLOAT"
            case .texts: "STRING"
            }
        }

        func slice(_ rows: Range<Int>) -> UploadColumn {
            switch self {
            case .longs(let values): .longs(Array(values[rows]))
            case .floats(let values): .floats(Array(values[rows]))
            case .texts(let values): .texts(Array(values[rows]))
            }
        }
    }

    /// Writes a stream in Arrow's format, as `ArrowReader` reads it: a schema and one batch, without NULLs.
    package enum ArrowWriter {
        /// Returns the stream.
        package static func stream(_ columns: [(name: String, values: UploadColumn)], count: Int) -> [UInt8] {
            var output: [UInt8] = []
            append(schema(columns.map { ($0.name, $0.values) }), body: [], to: &output)
            var (body, buffers): ([UInt8], [(Int, Int)]) = ([], [])
            for column in columns { append(column.values, to: &body, &buffers) }
            var message = FlatWriter()
            let root = message.table([.short(4), .byte(3), .offset, .long(Int64(body.count))], at: 0)
            let batch = message.table([.long(Int64(count)), .offset, .offset], at: root[2])
            message.vector(columns.map { _ in (count, 0) }, at: batch[1])
            message.vector(buffers, at: batch[2])
            append(message, body: body, to: &output)
            return output + [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]
        }

        private static func schema(_ columns: [(name: String, values: UploadColumn)]) -> FlatWriter {
            var message = FlatWriter()
            // The version is 4, V5; the header 1, a schema.
            let root = message.table([.short(4), .byte(1), .offset, .long(0)], at: 0)
            let schema = message.table([.short(0), .offset], at: root[2])
            let fields = message.vector(columns.count, at: schema[1])
            for (column, place) in zip(columns, fields) {
                let kind: UInt8
                let type: [FlatWriter.Field?]
                switch column.values {
                case .longs: (kind, type) = (2, [.int(64), .byte(1)])
                case .floats: (kind, type) = (3, [.short(1)])
                case .texts: (kind, type) = (5, [])
                }
                let field = message.table([.offset, .byte(0), .byte(kind), .offset, nil, .offset], at: place)
                message.string(column.name, at: field[0])
                message.table(type, at: field[3])
                _ = message.vector(0, at: field[5])
            }
            return message
        }

        private static func append(_ message: FlatWriter, body: [UInt8], to output: inout [UInt8]) {
            var message = message
            message.align(8)
            output.append(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF])
            withUnsafeBytes(of: UInt32(message.bytes.count).littleEndian) { output.append(contentsOf: $0) }
            output.append(contentsOf: message.bytes)
            output.append(contentsOf: body)
        }

        private static func append(_ column: UploadColumn, to body: inout [UInt8], _ buffers: inout [(Int, Int)]) {
            func add(_ count: Int, _ write: (inout [UInt8]) -> Void) {
                buffers.append((body.count, count))
                write(&body)
                while body.count % 8 != 0 { body.append(0) }
            }
            // No bits of validity: nothing is NULL.
            add(0) { _ in }
            switch column {
            case .longs(let values):
                add(8 * values.count) { body in values.withUnsafeBytes { body.append(contentsOf: $0) } }
            case .floats(let values):
                add(4 * values.count) { body in values.withUnsafeBytes { body.append(contentsOf: $0) } }
            case .texts(let values):
                var (offset, offsets) = (Int32(0), [Int32(0)])
                for value in values {
                    offset += Int32(value.utf8.count)
                    offsets.append(offset)
                }
                add(4 * offsets.count) { body in offsets.withUnsafeBytes { body.append(contentsOf: $0) } }
                add(Int(offset)) { body in for value in values { body.append(contentsOf: value.utf8) } }
            }
        }
    }
#endif
