// Numbers however they are written; see `PlainNumbers` for the usual way.

extension Int64 {
    /// The integer that all the bytes spell, or nil. Spaces around it are allowed.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var digits = bytes[...]
        while digits.first == 0x20 { digits.removeFirst() }
        while digits.last == 0x20 { digits.removeLast() }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = scaled.subtractingReportingOverflow(Int64(byte - 0x30))
            if overflow || overflow2 { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}

extension Double {
    /// The number that all the bytes spell, or nil. Plain decimals of up to 15 digits are read here (and are then correctly
    /// rounded: both parts are exact), the rest by the standard library.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        var mantissa: Int64 = 0
        var digits = 0
        var fraction = -1
        for byte in bytes {
            if (0x30...0x39).contains(byte) {
                mantissa = mantissa * 10 + Int64(byte - 0x30)
                digits += 1
                if fraction >= 0 { fraction += 1 }
                if digits > 15 { break }
            } else if byte == UInt8(ascii: "."), fraction < 0 {
                fraction = 0
            } else {
                digits = 16
                break
            }
        }
        if digits > 0 && digits <= 15 {
            return fraction > 0 ? Double(mantissa) / powersOfTen[fraction] : Double(mantissa)
        }
        // Hexadecimal, which the standard library reads too, is no way to write a rating.
        if bytes.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) { return nil }
        return Double(String(decoding: bytes, as: UTF8.self).trimmed)
    }
}

private let powersOfTen: [Double] = (0...15).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } }

extension String {
    fileprivate var trimmed: String {
        var part = self[...]
        while part.first == " " { part.removeFirst() }
        while part.last == " " { part.removeLast() }
        return String(part)
    }
}
