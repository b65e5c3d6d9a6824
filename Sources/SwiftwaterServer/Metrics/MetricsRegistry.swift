#if Server
    import CoreMetrics
    import SwiftwaterCore

    /// A swift-metrics backend that keeps metrics in memory and writes them in Prometheus's text format
    /// (`text/plain; version=0.0.4`).
    ///
    /// `MetricsSystem.bootstrap(registry)` makes it the backend of the whole process.
    ///
    /// Counters become counters with `_total`, meters and gauges become gauges, and recorders and timers become
    /// histograms (timers in seconds). Characters that the format does not allow in names become underscores. The
    /// registry holds at most 10,000 series; others are counted in `swiftwater_metrics_dropped_total`.
    public final class MetricsRegistry: MetricsFactory, Sendable {
        private let families = Monitor<[String: MetricFamily]>([:])
        private let help = Monitor<[String: String]>([:])
        private static let seriesMax = 10_000
        /// The sink for series beyond the limit.
        private let nowhere = Series(.counter)
        private static let droppedName = "swiftwater_metrics_dropped_total"
        private let dropped = Monitor(0)

        /// Creates an empty registry.
        public init() { describe(Self.droppedName, "Series dropped above the limit of \(Self.seriesMax).") }

        /// Sets the help text of a metric, by its name in the output.
        public func describe(_ name: String, _ text: String) { help.update { $0[name] = text } }

        private func series(
            _ label: String, _ kind: MetricFamily.Kind, _ dimensions: [(String, String)], suffix: String = ""
        ) -> Series {
            var name = MetricFamily.name(label)
            if !suffix.isEmpty, !name.hasSuffix(suffix) { name += suffix }
            let labels = MetricFamily.labels(dimensions)
            return families.update { families in
                if let known = families[name]?.series[labels] { return known }
                guard families.values.reduce(0, { $0 + $1.series.count }) < Self.seriesMax else {
                    dropped.update { $0 += 1 }
                    return nowhere
                }
                if families[name] == nil { families[name] = MetricFamily(kind: kind) }
                let made = Series(families[name]!.kind)
                families[name]!.series[labels] = made
                return made
            }
        }

        /// Returns the counter of a label and dimensions; its name ends in `_total`.
        public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            series(label, .counter, dimensions, suffix: "_total")
        }

        /// Returns the counter of a label and dimensions for fractional amounts; its name ends in `_total`.
        public func makeFloatingPointCounter(
            label: String, dimensions: [(String, String)]
        ) -> any FloatingPointCounterHandler {
            series(label, .counter, dimensions, suffix: "_total")
        }

        /// Returns the gauge of a label and dimensions.
        public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
            series(label, .gauge, dimensions)
        }

        /// Returns the histogram of a label and dimensions, or the gauge if `aggregate` is false.
        public func makeRecorder(
            label: String, dimensions: [(String, String)], aggregate: Bool
        ) -> any RecorderHandler {
            series(label, aggregate ? .histogram : .gauge, dimensions)
        }

        /// Returns the histogram, in seconds, of a label and dimensions; its name ends in `_seconds`.
        public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            series(label, .histogram, dimensions, suffix: "_seconds")
        }

        /// Does nothing: the registry keeps its series.
        public func destroyCounter(_ handler: any CounterHandler) {}
        /// Does nothing: the registry keeps its series.
        public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
        /// Does nothing: the registry keeps its series.
        public func destroyMeter(_ handler: any MeterHandler) {}
        /// Does nothing: the registry keeps its series.
        public func destroyRecorder(_ handler: any RecorderHandler) {}
        /// Does nothing: the registry keeps its series.
        public func destroyTimer(_ handler: any TimerHandler) {}

        /// The metrics as text, families sorted by name and series by labels.
        public var text: String {
            var all = families.read { $0 }
            let counted = Series(.counter)
            counted.increment(by: Int64(dropped.read { $0 }))
            all[Self.droppedName] = MetricFamily(kind: .counter, series: ["": counted])
            let help = help.read { $0 }
            var lines: [String] = []
            for (name, family) in all.sorted(by: { $0.key < $1.key }) {
                lines.append("# HELP \(name) \(help[name] ?? "(no description)")")
                lines.append("# TYPE \(name) \(family.kind.rawValue)")
                for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                    lines += series.lines(name, labels)
                }
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }

    /// All series of one metric name.
    struct MetricFamily {
        enum Kind: String, Sendable { case counter, gauge, histogram }
        let kind: Kind
        var series: [String: Series] = [:]

        static func name(_ label: String) -> String {
            let name = String(
                label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
            return name.first?.isNumber ?? true ? "_" + name : name
        }

        /// Returns labels as text, such as `route="/v1/trends",status="200"`.
        static func labels(_ dimensions: [(String, String)]) -> String {
            dimensions.sorted { $0.0 < $1.0 }.map { key, value in
                let escaped = value.unicodeScalars.map { scalar in
                    switch scalar {
                    case "\\": "\\\\"
                    case "\"": "\\\""
                    case "\n": "\\n"
                    default: String(scalar)
                    }
                }.joined()
                return "\(name(key).replacing(":", with: "_"))=\"\(escaped)\""
            }.joined(separator: ",")
        }
    }

    /// One series: a number or a histogram.
    final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler,
        Sendable
    {
        /// Upper bounds of the buckets, in seconds for timers.
        static let bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

        private struct Value {
            var number = 0.0
            var count = 0
            var buckets = [Int](repeating: 0, count: Series.bounds.count)
        }

        private let kind: MetricFamily.Kind
        private let value = Monitor(Value())

        init(_ kind: MetricFamily.Kind) { self.kind = kind }

        func increment(by amount: Int64) { value.update { $0.number += Double(amount) } }
        func increment(by amount: Double) { value.update { $0.number += amount } }
        func decrement(by amount: Double) { value.update { $0.number -= amount } }
        func reset() { value.update { $0 = Value() } }
        func set(_ number: Int64) { value.update { $0.number = Double(number) } }
        func set(_ number: Double) { value.update { $0.number = number } }
        func record(_ number: Int64) { record(Double(number)) }
        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

        /// Records a value: a gauge keeps the last one, a histogram counts all of them.
        func record(_ number: Double) {
            if kind == .gauge { return set(number) }
            value.update { value in
                value.number += number
                value.count += 1
                if let bucket = Series.bounds.firstIndex(where: { number <= $0 }) { value.buckets[bucket] += 1 }
            }
        }

        func lines(_ name: String, _ labels: String) -> [String] {
            let value = value.read { $0 }
            let own = labels.isEmpty ? "" : "{\(labels)}"
            guard kind == .histogram else { return ["\(name)\(own) \(Series.text(value.number))"] }
            let before = labels.isEmpty ? "" : labels + ","
            var lines: [String] = []
            var sum = 0
            for (bound, count) in zip(Series.bounds, value.buckets) {
                sum += count
                lines.append("\(name)_bucket{\(before)le=\"\(Series.text(bound))\"} \(sum)")
            }
            lines.append("\(name)_bucket{\(before)le=\"+Inf\"} \(value.count)")
            lines.append("\(name)_sum\(own) \(Series.text(value.number))")
            lines.append("\(name)_count\(own) \(value.count)")
            return lines
        }

        private static func text(_ number: Double) -> String {
            if number.isNaN { return "NaN" }
            if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
            return number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : "\(number)"
        }
    }
#endif
