// swiftwater-bench files DIR        the classic program, words to the letter, over the files of a directory, as one batch
// swiftwater-bench trends DIR words|hashtags   the built-in counter over the files of a directory, as one batch
// swiftwater-bench posts DIR counts|words|authors|all [slides]   NDJSON by event time: tags of the entities; words of the texts; with authors, bursts, samples and
//                                             deletions. As one window, or in slides of 100 s (all always)
// swiftwater-bench keys                       what a post costs when there are 1,000 to 100 million distinct keys
// swiftwater-bench flood JSON|plain           what a slide costs while a million distinct tags are in the window, and an empty one
// swiftwater-bench empty            what an empty batch costs
// swiftwater-bench window           a slide of a window of 60 batches against one of 2, where two batches hold every key
// swiftwater-bench distinct         memory while 10 million distinct keys pass through a window
// swiftwater-bench latency PORT MS  batches of MS milliseconds; markers "#zlatNANOSECONDS" on the socket say when they were sent
// swiftwater-bench socket PORT      1 s batches: what each held and how long after its time it was written
// swiftwater-bench socketlog PORT DIR   the same with the log on
// swiftwater-bench trendsocket PORT     the same with the built-in counter
// swiftwater-bench kafka BROKERS COUNT  the classic program over the topic posts, until COUNT tags are counted
// swiftwater-bench aggregates       the mean and the count by key, with closures and with aggregates
let arguments = Array(CommandLine.arguments.dropFirst())
let benchmarks: [String: ([String]) async throws -> Void] = [
    "files": benchmarkFiles, "trends": benchmarkTrends, "posts": benchmarkPosts, "keys": benchmarkKeys,
    "flood": benchmarkFlood,
    "empty": benchmarkEmpty, "window": benchmarkWindow, "distinct": benchmarkDistinct,
    "aggregates": benchmarkAggregates, "latency": benchmarkLatency, "socket": benchmarkSocket,
    "socketlog": benchmarkSocket, "trendsocket": benchmarkSocket, "kafka": benchmarkKafka,
]
guard let benchmark = arguments.first.flatMap({ benchmarks[$0] }) else {
    print(
        "usage: swiftwater-bench \(benchmarks.keys.sorted().joined(separator: "|")) ...; see Benchmarks/streaming/main.swift"
    )
    throw CancellationError()
}
try await benchmark(arguments)
