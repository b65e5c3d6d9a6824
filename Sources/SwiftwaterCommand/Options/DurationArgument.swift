import ArgumentParser
import Swiftwater

/// A duration argument: `500ms`, `10s`, `2m`, `1h`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for unit in units where argument.hasSuffix(unit.suffix) {
            guard let value = Double(argument.dropLast(unit.suffix.count)), value >= 0, value < 1e9 else { continue }
            duration = .milliseconds(Int64((value * unit.milliseconds).rounded()))
            return
        }
        return nil
    }

    init(_ duration: Duration) { self.duration = duration }

    /// In the largest unit of which it is a whole number.
    var defaultValueDescription: String {
        let milliseconds = duration.wholeMilliseconds
        for (suffix, unit) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds > 0 && milliseconds.isMultiple(of: unit) {
            return "\(milliseconds / unit)\(suffix)"
        }
        return "\(milliseconds)ms"
    }
}
