extension Double {
    /// Parses bytes as a number, or returns nil.
    ///
    /// Plain decimals of up to 15 digits are parsed here (and correctly rounded, since both parts are exact), the rest
    /// by the standard library.
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
        // The standard library also reads hexadecimal, which is not a valid rating.
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
