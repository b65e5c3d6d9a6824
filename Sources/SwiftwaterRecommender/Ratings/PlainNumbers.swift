/// Parses numbers in their usual notation, 8 bytes at a time. Other notations are left to the slow path.
enum PlainNumbers {
    /// Returns whether the digits at `p` have no leading zero.
    @inline(__always)
    static func hasUsualForm(_ p: UnsafePointer<UInt8>) -> Bool { p[0] != 0x30 || !(0x30...0x39).contains(p[1]) }

    /// Returns the integer of the at most 18 digits at `p`, and moves `p` past them; -1 if there are none or too many.
    ///
    /// Reads up to 24 bytes from `p`.
    @inline(__always)
    static func digits(_ p: inout UnsafePointer<UInt8>) -> Int64 {
        var (value, count) = eight(p)
        p += count
        if count < 8 { return count == 0 ? -1 : Int64(value) }
        var length = 8
        repeat {
            let part: UInt64
            (part, count) = eight(p)
            p += count
            length += count
            if length > 18 { return -1 }
            value = value &* powersOfTen[count] &+ part
        } while count == 8
        return Int64(value)
    }

    /// Returns the value of up to 8 digits at `p` and their number.
    @inline(__always)
    private static func eight(_ p: UnsafePointer<UInt8>) -> (value: UInt64, count: Int) {
        let word = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self)) ^ 0x3030_3030_3030_3030
        // Sets the top bit of each byte that is not a digit. A carry can corrupt only bytes after the first of them.
        let others = ((word &+ 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080
        let count = others.trailingZeroBitCount >> 3
        if count == 0 { return (0, 0) }
        // Pads with leading zeros to 8 digits, then combines them into pairs, fours and eight.
        var digits = word << UInt64(64 - 8 * count)
        digits = ((digits & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) >> 8
        digits = ((digits & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        digits = ((digits & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
        return (digits, count)
    }

    /// Returns the decimal at `p`, and moves `p` past it; NaN if there is none.
    ///
    /// A decimal is digits, or digits, a point and digits: at most 15. Both parts are exact in a Double, so their
    /// quotient is correctly rounded.
    @inline(__always)
    static func decimal(_ p: inout UnsafePointer<UInt8>, _ hasPoint: inout Bool) -> Double {
        // Most ratings are `4` or `4.5`.
        let first = p[0] &- 0x30
        if first < 10 {
            if p[1] == UInt8(ascii: ".") {
                let second = p[2] &- 0x30
                if second < 10, p[3] &- 0x30 >= 10 {
                    p += 3
                    hasPoint = true
                    return Double(first &* 10 &+ second) / 10
                }
            } else if p[1] &- 0x30 >= 10 {
                p += 1
                return Double(first)
            }
        }
        let start = p
        let whole = digits(&p)
        if whole < 0 { return .nan }
        guard p.pointee == UInt8(ascii: ".") else { return p - start <= 15 ? Double(whole) : .nan }
        p += 1
        hasPoint = true
        let behind = p
        let fraction = digits(&p)
        let places = p - behind
        guard fraction >= 0, p - start <= 16 else { return .nan }
        return Double(whole &* Int64(powersOfTen[places]) &+ fraction) / Double(powersOfTen[places])
    }
}

private let powersOfTen: [UInt64] = (0...18).map { power in (0..<power).reduce(1) { value, _ in value * 10 } }
