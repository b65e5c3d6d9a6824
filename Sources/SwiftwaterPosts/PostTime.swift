import SwiftwaterCore
import SwiftwaterPlatform

/// Times of posts in the formats of the services: `Mon Nov 23 12:00:00 +0000 2026`, `2026-11-23T12:00:00.123Z` (or with
/// an offset), or milliseconds since 1970.
enum PostTime {
    /// Returns the time as `2026-11-23T12:00:00.123Z`, or nil if it cannot be parsed.
    static func text(_ time: String) -> String? {
        let bytes = Array(time.utf8)
        guard let milliseconds = bytes.withUnsafeBufferPointer({ PostTimeReader.parse($0) }) else { return nil }
        let civil = BatchTime(milliseconds: milliseconds).civil
        guard (0...9999).contains(civil.year) else { return nil }
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        let rest = ((milliseconds % 1000) + 1000) % 1000
        return "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))T\(civil.timeOfDay)."
            + "\(padded(Int(rest), 3))Z"
    }
}

/// Parses times of posts (`PostTime`). Remembers the last one, since many posts have the same time.
struct PostTimeReader {
    private var last: [UInt8] = []
    private var lastTime: Int64?

    mutating func milliseconds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        if bytes.count == last.count, !last.isEmpty, memcmp(bytes.baseAddress!, last, last.count) == 0 {
            return lastTime
        }
        lastTime = PostTimeReader.parse(bytes)
        last = Array(bytes)
        return lastTime
    }

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        if bytes.count == 30, let time = twitter(bytes) { return time }
        if bytes.count >= 20, let time = iso8601(bytes) { return time }
        return bytes.count >= 11 ? number(bytes, 0..<bytes.count) : nil
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        guard range.count <= 18 else { return nil }
        for index in range {
            guard (0x30...0x39).contains(bytes[index]) else { return nil }
            value = value * 10 + Int64(bytes[index] - 0x30)
        }
        return range.isEmpty ? nil : value
    }

    private static let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)

    /// Parses `Mon Nov 23 12:00:00 +0000 2026`.
    private static func twitter(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let month = (0..<12).first(where: { months[$0 * 3..<$0 * 3 + 3].elementsEqual(bytes[4..<7]) }),
            let day = number(bytes, 8..<10), let hour = number(bytes, 11..<13), let minute = number(bytes, 14..<16),
            let second = number(bytes, 17..<19), let year = number(bytes, 26..<30),
            let offset = offset(bytes, sign: 20, hours: 21..<23, minutes: 23..<25)
        else { return nil }
        return time(year, Int64(month) + 1, day, hour, minute, second, offset)
    }

    /// Parses `2026-11-23T12:00:00.123Z`, with any number of decimals or none, and with `Z` or an offset such as
    /// `+02:00`.
    private static func iso8601(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54 || bytes[10] == 0x74 || bytes[10] == 0x20,
            bytes[13] == 0x3A, bytes[16] == 0x3A, let year = number(bytes, 0..<4), let month = number(bytes, 5..<7),
            let day = number(bytes, 8..<10), let hour = number(bytes, 11..<13), let minute = number(bytes, 14..<16),
            let second = number(bytes, 17..<19)
        else { return nil }
        var (index, thousandths, unit) = (19, Int64(0), Int64(100))
        if bytes[index] == 0x2E {
            index += 1
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
                thousandths += Int64(bytes[index] - 0x30) * unit
                unit /= 10
                index += 1
            }
        }
        guard index < bytes.count else { return nil }
        if bytes[index] == 0x5A || bytes[index] == 0x7A {
            return index + 1 == bytes.count
                ? time(year, month, day, hour, minute, second, 0).map { $0 + thousandths } : nil
        }
        guard index + 6 == bytes.count, bytes[index + 3] == 0x3A,
            let offset = offset(bytes, sign: index, hours: index + 1..<index + 3, minutes: index + 4..<index + 6)
        else { return nil }
        return time(year, month, day, hour, minute, second, offset).map { $0 + thousandths }
    }

    private static func offset(
        _ bytes: UnsafeBufferPointer<UInt8>, sign: Int, hours: Range<Int>, minutes: Range<Int>
    ) -> Int64? {
        guard bytes[sign] == 0x2B || bytes[sign] == 0x2D, let hours = number(bytes, hours),
            let minutes = number(bytes, minutes)
        else { return nil }
        return (bytes[sign] == 0x2D ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func time(
        _ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64, _ minute: Int64, _ second: Int64, _ offset: Int64
    ) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61 else { return nil }
        // Days since 1970 of the civil date (Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000
    }
}
