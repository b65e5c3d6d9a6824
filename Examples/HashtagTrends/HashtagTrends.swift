// Trending hashtags, the classic program. Send it posts with `swiftwater relay --from FILE`, or `nc -lk 7773`.
import Swiftwater

@main
struct HashtagTrends {
    static func main() async throws {
        let context = StreamingContext(master: "local[2]", appName: "TwitterStreaming", batchInterval: .seconds(10))
        let hashtags = context.socketTextStream(host: "127.0.0.1", port: 7773)
            .window(.seconds(20))
            .flatMap { $0.split(separator: " ") }
            .filter { $0.hasPrefix("#") }
            .map { ($0.lowercased(), 1) }
            .reduceByKey(+)
            .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        hashtags.print()
        try await context.start()
        try await context.awaitTermination()
    }
}
