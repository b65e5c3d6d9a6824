// Sums each meter's readings over the last 20 seconds. The engine is not only for hashtags. Send CSV lines of
// meter,reading with `nc -lk 7775`.
import Swiftwater

@main
struct MeterReadings {
    static func main() async throws {
        let context = StreamingContext(master: "local[2]", appName: "MeterReadings", batchInterval: .seconds(10))
        context.socketTextStream(host: "127.0.0.1", port: 7775)
            .compactMap { line -> (Text, Double)? in
                let fields = line.split(separator: ",")
                guard let meter = fields.part(0), let reading = fields.part(1)?.double else { return nil }
                return (meter, reading)
            }
            .window(.seconds(20))
            .sumByKey()
            .transform { $0.sorted(by: { $0.0 }) }
            .print(count: 20)
        try await context.start()
        try await context.awaitTerminationStoppingOnSignals()
    }
}
