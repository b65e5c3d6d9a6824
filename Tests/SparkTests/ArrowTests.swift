#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterSpark
    import TestSupport
    import Testing

    @Suite struct ArrowTests {
        private func stream(_ count: Int, _ random: inout SeededRandom) -> (bytes: [UInt8], rows: [[SparkValue]]) {
            let longs = (0..<count).map { _ in Int64(bitPattern: random.next()) }
            let floats = (0..<count).map { _ in Float(random.below(1000)) / 8 }
            let texts = (0..<count).map { _ in String(repeating: "é", count: random.below(9)) + "x" }
            let bytes = ArrowWriter.stream(
                [("id", .longs(longs)), ("rating", .floats(floats)), ("name", .texts(texts))], count: count)
            return (
                bytes, (0..<count).map { [.integer(longs[$0]), .float(floats[$0]), .text(texts[$0])] }
            )
        }

        @Test(arguments: [0, 1, 7, 8, 1000]) func whatIsWrittenIsRead(count: Int) throws {
            var random = SeededRandom(seed: UInt64(count), stream: 1)
            let (bytes, rows) = stream(count, &random)
            #expect(bytes.count % 8 == 0)
            let reader = try ArrowReader(bytes)
            #expect(reader.fields.map(\.name) == ["id", "rating", "name"])
            #expect(
                reader.fields.map(\.type) == [.integer(bits: 64, isSigned: true), .float, .text])
            let found = reader.batches.flatMap { columns in
                (0..<(columns.first?.count ?? 0)).map { row in columns.map { $0[row] } }
            }
            #expect(found == rows)
        }

        /// Damaged streams are refused, and never read beyond their end.
        @Test func anyBytesAreReadOrRefused() {
            var random = SeededRandom(seed: 5, stream: 2)
            let whole = stream(20, &random).bytes
            for _ in 0..<20_000 {
                var bytes = whole
                for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
                if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
                guard let reader = try? ArrowReader(bytes) else { continue }
                for columns in reader.batches {
                    for column in columns { for row in 0..<min(column.count, 50) { _ = column[row] } }
                }
            }
        }
    }
#endif
