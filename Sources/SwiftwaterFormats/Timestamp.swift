import SwiftwaterCore

/// Times as people write them in files and services. Without a zone, a time is UTC.
///
/// | form | examples |
/// |---|---|
/// | ISO 8601 | `2026-11-23`, `2026-11-23T12:00Z`, `2026-11-23 12:00:00.123`, `2026-11-23T12:00:00,5+0200` |
/// | Twitter v1.1 | `Mon Nov 23 12:00:00 +0000 2026` |
/// | RFC 5322 | `Mon, 23 Nov 2026 12:00:00 GMT` |
/// | since 1970 | `1795435200`, `1795435200.5` (seconds), and integers of milli-, micro- and nanoseconds |
///
/// The unit of a number follows from its size: below 10^11 seconds, below 10^14 milliseconds, below 10^17
/// microseconds, otherwise nanoseconds.
package struct Timestamp {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    /// Returns the time in milliseconds since 1970, or nil if the text is not a time.
    package static func milliseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var (start, end) = (0, text.count)
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        guard start < end, end - start <= 64 else { return nil }
        var reader = Timestamp(UnsafeBufferPointer(rebasing: text[start..<end]))
        return reader.parse()
    }

    /// Returns the time in milliseconds since 1970, or nil if the text is not a time.
    package static func milliseconds(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { milliseconds($0) }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func parse() -> Int64? {
        if bytes.count >= 10, bytes[4] == 0x2D || bytes[4] == 0x2F, isDigit(0) { return iso8601() }
        if isDigit(0) || bytes[0] == 0x2D {
            if let number = sinceEpoch() { return number }
            at = 0
            return rfc5322()
        }
        guard bytes.count > 4, weekday() else { return nil }
        if skip(0x2C) {
            skipSpaces()
            return rfc5322()
        }
        skipSpaces()
        return twitter()
    }

    // MARK: Forms

    private mutating func iso8601() -> Int64? {
        guard let year = digits(4), let separator = next(), separator == 0x2D || separator == 0x2F,
            let month = digits(2), next() == separator, let day = digits(2)
        else { return nil }
        guard at < bytes.count else { return Timestamp.time(year, month, day) }
        guard skip(0x54) || skip(0x74) || skip(0x20), let clock = timeOfDay() else { return nil }
        skipSpaces()
        guard let zone = at == bytes.count ? 0 : zone(), at == bytes.count else { return nil }
        return Timestamp.time(year, month, day).map { $0 + clock - zone }
    }

    private mutating func twitter() -> Int64? {
        guard let month = month(), skip(0x20), let day = digits(2), skip(0x20), let clock = timeOfDay(), skip(0x20),
            let zone = zone(), skip(0x20), let year = digits(4), at == bytes.count
        else { return nil }
        return Timestamp.time(year, month, day).map { $0 + clock - zone }
    }

    private mutating func rfc5322() -> Int64? {
        guard let day = digits(2) ?? digits(1), skip(0x20), let month = month(), skip(0x20), let year = digits(4),
            skip(0x20), let clock = timeOfDay()
        else { return nil }
        skipSpaces()
        guard let zone = at == bytes.count ? 0 : zone(), at == bytes.count else { return nil }
        return Timestamp.time(year, month, day).map { $0 + clock - zone }
    }

    private mutating func sinceEpoch() -> Int64? {
        let isNegative = skip(0x2D)
        let start = at
        while isDigit(at) { at += 1 }
        guard at > start, at - start <= 18 || at - start == 19 && bytes[start] < 0x39, let whole = number(start..<at)
        else { return nil }
        let (unit, decimals): (Int64, Int) =
            whole < 100_000_000_000
            ? (1000, 3)
            : whole < 100_000_000_000_000 ? (1, 0) : whole < 100_000_000_000_000_000 ? (-1000, 0) : (-1_000_000, 0)
        var time = unit > 0 ? whole * unit : whole / -unit
        if at < bytes.count {
            guard let fraction = fraction() else { return nil }
            if decimals == 3 { time += fraction }
        }
        return at == bytes.count ? (isNegative ? -time : time) : nil
    }

    // MARK: Parts

    /// Reads `12:00`, `12:00:00` or `12:00:00.123`, and returns it in milliseconds.
    private mutating func timeOfDay() -> Int64? {
        guard let hour = digits(2), skip(0x3A), let minute = digits(2), hour < 24, minute < 60 else { return nil }
        var time = (hour * 60 + minute) * 60_000
        if skip(0x3A) {
            // A leap second is the first of the next minute.
            guard let second = digits(2), second < 61 else { return nil }
            time += second * 1000
            if at < bytes.count, bytes[at] == 0x2E || bytes[at] == 0x2C {
                guard let fraction = fraction() else { return nil }
                time += fraction
            }
        }
        return time
    }

    /// Reads `.123` or `,123`, and returns it in thousandths.
    private mutating func fraction() -> Int64? {
        guard skip(0x2E) || skip(0x2C), isDigit(at) else { return nil }
        var (thousandths, unit) = (Int64(0), Int64(100))
        while isDigit(at) {
            thousandths += Int64(bytes[at] - 0x30) * unit
            unit /= 10
            at += 1
        }
        return thousandths
    }

    /// Reads `Z`, `GMT`, `UTC`, `+02`, `+0200` or `+02:00`, and returns it in milliseconds.
    private mutating func zone() -> Int64? {
        if skip(0x5A) || skip(0x7A) { return 0 }
        for name in ["GMT", "UTC", "UT"] where bytes[at...].starts(with: name.utf8) {
            at += name.utf8.count
            return 0
        }
        // The names of RFC 5322, as Twitter's old search API wrote them.
        for (index, letter) in "ECMP".utf8.enumerated() where at + 3 <= bytes.count && bytes[at] == letter {
            guard bytes[at + 1] == 0x53 || bytes[at + 1] == 0x44, bytes[at + 2] == 0x54 else { break }
            let isSummer = bytes[at + 1] == 0x44
            at += 3
            return Int64(-5 - index + (isSummer ? 1 : 0)) * 3_600_000
        }
        let isWest = at < bytes.count && bytes[at] == 0x2D
        guard isWest || at < bytes.count && bytes[at] == 0x2B else { return nil }
        at += 1
        guard let hours = digits(2), hours < 24 else { return nil }
        var minutes: Int64 = 0
        if skip(0x3A) || isDigit(at) {
            guard let found = digits(2), found < 60 else { return nil }
            minutes = found
        }
        return (isWest ? -1 : 1) * (hours * 60 + minutes) * 60_000
    }

    private mutating func weekday() -> Bool {
        for name in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] where bytes.starts(with: name.utf8) {
            at = 3
            return true
        }
        return false
    }

    private static let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)

    private mutating func month() -> Int64? {
        guard at + 3 <= bytes.count,
            let month = (0..<12).first(where: { Self.months[$0 * 3..<$0 * 3 + 3].elementsEqual(bytes[at..<at + 3]) })
        else { return nil }
        at += 3
        return Int64(month) + 1
    }

    // MARK: Bytes

    private func isDigit(_ index: Int) -> Bool { index < bytes.count && (0x30...0x39).contains(bytes[index]) }

    private func number(_ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        for index in range {
            guard isDigit(index) else { return nil }
            value = value * 10 + Int64(bytes[index] - 0x30)
        }
        return value
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard at + count <= bytes.count, let value = number(at..<at + count) else { return nil }
        at += count
        return value
    }

    private mutating func next() -> UInt8? {
        guard at < bytes.count else { return nil }
        at += 1
        return bytes[at - 1]
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func skipSpaces() { while skip(0x20) {} }

    private static let monthLengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// Returns the beginning of a day, in milliseconds since 1970.
    private static func time(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        guard (1...12).contains(month), day >= 1, day <= monthLengths[Int(month) - 1] + (month == 2 && isLeap ? 1 : 0)
        else { return nil }
        // Days since 1970 of the civil date (Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        return days * 86_400_000
    }
}
