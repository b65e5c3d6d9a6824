import Swiftwater

// Counts, sums and means by key. ChainsTests compiles these programs and measures how long each takes to check.

func theClassicProgram(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .window(.seconds(20))
        .flatMap { $0.split(separator: " ") }
        .filter { $0.hasPrefix("#") }
        .map { ($0.lowercased(), 1) }
        .reduceByKey(+)
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        .print()
}

func wordCount(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { ($0, 1) }
        .reduceByKey(+)
        .print()
}

func wordCountByKey(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { ($0, 1) }
        .countByKey()
        .print()
}

func wordCountByValue(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .countByValue()
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        .print(count: 20)
}

func lengthsOfWords(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { (String($0), $0.utf8Count) }
        .sumByKey()
        .print()
}

func meanByKey(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), 2.0) }
        .meanByKey()
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        .print()
}

func meanOfReadings(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .compactMap { (line: Text) -> (Text, Double)? in
            let fields = line.split(separator: ",")
            guard let value = fields.part(1)?.double else { return nil }
            return (fields[0], value)
        }
        .meanByKey()
        .print()
}

func meanInAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .window(.seconds(60), slide: .seconds(10))
        .map { (String($0), $0.utf8Count) }
        .meanByKey()
        .print()
}

func statisticsInAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .window(.seconds(60))
        .map { (String($0), Double($0.utf8Count)) }
        .aggregateByKey(.count(), .mean(), .maximum())
        .filter { $0.1.0 > 10 }
        .print()
}

func spreadByKey(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), Double($0.utf8Count)) }
        .aggregateByKey(.mean(), .variance())
        .map { "\($0.0): \($0.1.0) ± \($0.1.1.squareRoot())" }
        .print()
}

func smallestAndLargest(_ context: StreamingContext) {
    let lengths = context.socketTextStream(host: "127.0.0.1", port: 7773).map { (String($0), $0.utf8Count) }
    lengths.minByKey().print()
    lengths.maxByKey().print()
}

func largestThree(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), $0.utf8Count) }
        .topByKey(3)
        .mapValues { $0.map { "\($0)" }.joined(separator: ", ") }
        .print()
}

func distinctWords(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .window(.seconds(60))
        .flatMap { $0.split(separator: " ") }
        .map { ($0.utf8Count, $0) }
        .distinctByKey()
        .print()
}

func countAndDistinct(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { ($0.utf8Count, String($0)) }
        .aggregateByKey(.count(), .distinct())
        .print()
}

func meanByClosures(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), Moments(of: 2.0)) }
        .reduceByKey { $0.merging($1) }
        .mapValues { $0.mean }
        .print()
}

extension Moments {
    fileprivate init(of value: Double) {
        self.init()
        add(value)
    }

    fileprivate func merging(_ other: Moments) -> Moments {
        var both = self
        both.merge(other)
        return both
    }
}
