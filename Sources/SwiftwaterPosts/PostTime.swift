import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPlatform

/// Times of posts, in any of the forms of `Timestamp`.
enum PostTime {
    /// Returns the time as `2026-11-23T12:00:00.123Z`, or nil if it cannot be parsed.
    static func text(_ time: String) -> String? {
        guard let milliseconds = Timestamp.milliseconds(time) else { return nil }
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

/// Parses times of posts. Remembers the last one, since many posts have the same time.
struct PostTimeReader {
    private var last: [UInt8] = []
    private var lastTime: Int64?

    mutating func milliseconds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        if bytes.count == last.count, !last.isEmpty, memcmp(bytes.baseAddress!, last, last.count) == 0 {
            return lastTime
        }
        lastTime = Timestamp.milliseconds(bytes)
        last = Array(bytes)
        return lastTime
    }
}
