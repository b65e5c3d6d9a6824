import SwiftwaterFormats

extension Int64 {
    /// Parses an id, or returns nil if it is not an integer in its usual form: `007`, `+7` and `-0` are other ids than
    /// 7 and 0, and so are strings.
    static func parse(id bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        guard let first = digits.first, (0x30...0x39).contains(first), (0x30...0x39).contains(digits.last!) else {
            return nil
        }
        if first == 0x30, bytes.count > 1 { return nil }
        return parse(bytes)
    }

    /// Parses the time of a rating: an integer as it is, and otherwise seconds since 1970, from a decimal or a date
    /// (`Timestamp`).
    static func parse(time bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let time = parse(bytes) { return time }
        if let seconds = Double.parse(bytes), let time = Int64(exactly: seconds.rounded(.down)) { return time }
        return Timestamp.milliseconds(bytes).map { ($0 >= 0 ? $0 : $0 - 999) / 1000 }
    }

    /// Parses bytes as an integer, or returns nil. Spaces around it are allowed.
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
