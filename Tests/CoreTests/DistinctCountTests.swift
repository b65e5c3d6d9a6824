import SwiftwaterCore
import TestSupport
import Testing

@Suite struct DistinctCountTests {
    /// SplitMix64: well mixed.
    private func hash(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The root mean square of the relative error over 1,000 seeds is at most 1.05 times that of the theory, at every size.
    @Test(
        .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.isSlow)),
        arguments: [100, 1000, 5000, 20_000, 100_000])
    func errorsAreThoseOfTheTheory(count: Int) {
        var sum = 0.0
        for seed in 0..<1000 {
            var distinct = DistinctCount()
            for number in 0..<count { distinct.insert(hash(UInt64(seed) << 40 | UInt64(number))) }
            let error = distinct.estimate / Double(count) - 1
            sum += error * error
        }
        let theory = 1.04 / Double(1 << DistinctCount.precision).squareRoot()
        #expect((sum / 1000).squareRoot() <= 1.05 * theory)
    }

    @Test func fewAreCountedExactlyAndInAnyOrder() {
        var (forward, backward, halves) = (DistinctCount(), DistinctCount(), (DistinctCount(), DistinctCount()))
        for number in 0..<300 {
            forward.insert(hash(UInt64(number % 250)))
            backward.insert(hash(UInt64(249 - number % 250)))
            if number < 150 {
                halves.0.insert(hash(UInt64(number)))
            } else {
                halves.1.insert(hash(UInt64(number % 250)))
            }
            if number < 64 { #expect(forward.count == number + 1 && forward.isExact) }
        }
        #expect(!forward.isExact && forward == backward)
        halves.1.formUnion(halves.0)
        #expect(halves.1 == forward)
        var small = DistinctCount()
        small.insert(1)
        var union = forward
        union.formUnion(small)
        small.formUnion(forward)
        #expect(small == union)
    }
}
