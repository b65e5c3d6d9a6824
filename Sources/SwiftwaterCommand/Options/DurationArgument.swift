import ArgumentParser
import Swiftwater

/// A duration argument: `500ms`, `10s`, `2m`, `1h`.
struct DurationArgument: CustomStringConvertible {
    let duration: Duration

    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Parses a duration.
    ///
    /// - Throws: a `ValidationError` with the forms that are taken.
    init(parsing text: String) throws {
        guard let duration = DurationArgument(argument: text) else {
            let unit = Double(text).map { $0 > 0 ? "; write \(text)s for seconds" : "" } ?? ""
            throw ValidationError("'\(text)' is not a duration such as 500ms, 20s, 1m30s, 6h, 1d or 1w\(unit)")
        }
        self = duration
    }

    init?(argument: String) {
        var (rest, total, smallest) = (argument[...], 0.0, Double.infinity)
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let name = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            // Each unit once, the largest first.
            guard let value = Double(digits), let unit = Self.units.first(where: { $0.suffix == name }),
                unit.milliseconds < smallest
            else { return nil }
            (total, smallest) = (total + value * unit.milliseconds, unit.milliseconds)
            rest = rest.dropFirst(digits.count + name.count)
        }
        guard !argument.isEmpty, total < 1e15 else { return nil }
        duration = .milliseconds(Int64(total.rounded()))
    }

    init(_ duration: Duration) { self.duration = duration }

    /// In the largest unit of which it is a whole number.
    var description: String {
        let milliseconds = duration.wholeMilliseconds
        // A day is better known as 24h.
        for (suffix, unit) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds > 0 && milliseconds.isMultiple(of: unit) {
            return "\(milliseconds / unit)\(suffix)"
        }
        return "\(milliseconds)ms"
    }
}
