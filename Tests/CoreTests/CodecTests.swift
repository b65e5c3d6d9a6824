import SwiftwaterCore
import Testing

@Suite struct CodecTests {
    struct Meter: Hashable, Codable { var site: String; var number: Int }

    private func roundTrip<Value: StreamCodable & Equatable>(_ value: Value) throws {
        var writer = ByteWriter()
        value.encode(to: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try Value.decode(from: &reader) == value)
        #expect(reader.remaining == 0)
        for cut in 0..<writer.bytes.count {
            var short = ByteReader(Array(writer.bytes[..<cut]))
            #expect(throws: SwiftwaterError.self) { try Value.decode(from: &short) }
        }
    }

    @Test func valuesComeBack() throws {
        try roundTrip(42)
        try roundTrip(Int.min)
        try roundTrip(UInt64.max)
        try roundTrip(-1.5)
        try roundTrip(Float.pi)
        try roundTrip(true)
        try roundTrip("éà")
        try roundTrip(Text("a text of more than fifteen bytes"))
        try roundTrip([Text("a"), Text("b")])
        try roundTrip(Optional<Int>.some(3))
        try roundTrip(Meter(site: "north", number: 7))
    }

    @Test func equalValuesHashAlike() {
        #expect("e\u{301}".stableHash == "\u{E9}".stableHash)
        #expect((-0.0).stableHash == (0.0).stableHash)
        #expect(Meter(site: "a", number: 1).stableHash == Meter(site: "a", number: 1).stableHash)
    }

    /// Values recorded from this code. A change to any of them changes where stored data is found and the order of
    /// output.
    @Test func stableHashesStay() {
        #expect(Text("").stableHash == StableHasher.hash(UnsafeRawBufferPointer(start: nil, count: 0)))
        for string in TextTests.samples {
            let bytes = Array(string.utf8)
            #expect(Text(string).stableHash == bytes.withUnsafeBytes { StableHasher.hash($0) })
        }
        #expect(Text("#corona").stableHash == 145_682_475_963_469_050)
        #expect(42.stableHash == 428_437_004_028_747_030)
        #expect(Text("a text of more than fifteen bytes").stableHash == 6_203_974_118_673_168_490)
    }

    @Test func hashesSpread() {
        var buckets = [Int](repeating: 0, count: 16)
        for number in 0..<16_000 { buckets[Int(number.stableHash >> 60)] += 1 }
        #expect(buckets.allSatisfy { (850...1150).contains($0) })
    }

    @Test func randomNumbersStay() {
        var random = SeededRandom(seed: 1)
        let first = (random.next(), random.next())
        var again = SeededRandom(seed: 1)
        #expect(first == (again.next(), again.next()))
        var sum = 0.0, squares = 0.0
        for _ in 0..<100_000 {
            let value = random.normal()
            sum += value
            squares += value * value
        }
        #expect(abs(sum / 100_000) < 0.02)
        #expect(abs(squares / 100_000 - 1) < 0.02)
    }
}

extension CodecTests.Meter: StreamCodable {}
