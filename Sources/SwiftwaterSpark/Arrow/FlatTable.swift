#if SparkConnect
    import SwiftwaterCore

    /// A table of a FlatBuffers message (flatbuffers.dev, "Internals"), read with bounds checked: the bytes come from
    /// the network.
    ///
    ///     table   offset of its vtable, backwards (4); fields
    ///     vtable  its size (2), the size of the table (2), for each field its offset in the table, or 0 (2)
    struct FlatTable {
        private let bytes: ArraySlice<UInt8>
        private let start: Int
        private let fields: Int
        private let fieldsEnd: Int

        /// Reads the root table.
        init(_ bytes: ArraySlice<UInt8>) throws {
            try self.init(bytes, at: bytes.startIndex + Int(FlatTable.load(UInt32.self, bytes, bytes.startIndex)))
        }

        private init(_ bytes: ArraySlice<UInt8>, at start: Int) throws {
            (self.bytes, self.start) = (bytes, start)
            fields = start - Int(try FlatTable.load(Int32.self, bytes, start))
            fieldsEnd = fields + Int(try FlatTable.load(UInt16.self, bytes, fields))
        }

        private static func load<Value: FixedWidthInteger>(
            _ type: Value.Type, _ bytes: ArraySlice<UInt8>, _ place: Int
        ) throws -> Value {
            guard place >= bytes.startIndex, place <= bytes.endIndex - MemoryLayout<Value>.size else {
                throw SwiftwaterError(.corrupted, "an Arrow message ends too early")
            }
            var value: Value = 0
            for index in (0..<MemoryLayout<Value>.size).reversed() {
                value = value << 8 | Value(truncatingIfNeeded: bytes[place + index])
            }
            return value
        }

        private func place(of field: Int) throws -> Int? {
            let entry = fields + 4 + 2 * field
            guard entry + 2 <= fieldsEnd else { return nil }
            let offset = try FlatTable.load(UInt16.self, bytes, entry)
            return offset == 0 ? nil : start + Int(offset)
        }

        /// Returns a number; `none` if the field is absent.
        func number<Value: FixedWidthInteger>(_ field: Int, _ none: Value) throws -> Value {
            try place(of: field).map { try FlatTable.load(Value.self, bytes, $0) } ?? none
        }

        private func target(of field: Int) throws -> Int? {
            try place(of: field).map { try $0 + Int(FlatTable.load(UInt32.self, bytes, $0)) }
        }

        func table(_ field: Int) throws -> FlatTable? { try target(of: field).map { try FlatTable(bytes, at: $0) } }

        func string(_ field: Int) throws -> String? {
            guard let start = try target(of: field) else { return nil }
            let count = Int(try FlatTable.load(UInt32.self, bytes, start))
            guard start + 4 + count <= bytes.endIndex else {
                throw SwiftwaterError(.corrupted, "an Arrow message ends too early")
            }
            return String(decoding: bytes[(start + 4)..<(start + 4 + count)], as: UTF8.self)
        }

        /// Returns the tables of a vector.
        func tables(_ field: Int) throws -> [FlatTable] {
            guard let start = try target(of: field) else { return [] }
            return try (0..<count(at: start, width: 4)).map { index in
                let place = start + 4 + 4 * index
                return try FlatTable(bytes, at: place + Int(FlatTable.load(UInt32.self, bytes, place)))
            }
        }

        /// Returns the pairs of 64-bit numbers of a vector of structures.
        func pairs(_ field: Int) throws -> [(Int, Int)] {
            guard let start = try target(of: field) else { return [] }
            return try (0..<count(at: start, width: 16)).map { index in
                let place = start + 4 + 16 * index
                return (
                    Int(try FlatTable.load(Int64.self, bytes, place)),
                    Int(try FlatTable.load(Int64.self, bytes, place + 8))
                )
            }
        }

        private func count(at start: Int, width: Int) throws -> Int {
            let count = Int(try FlatTable.load(UInt32.self, bytes, start))
            guard count <= (bytes.endIndex - start) / width else {
                throw SwiftwaterError(.corrupted, "an Arrow message ends too early")
            }
            return count
        }
    }
#endif
