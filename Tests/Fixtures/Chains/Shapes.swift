import Swiftwater

// Transformations, joins and outputs. ChainsTests compiles these programs and measures how long each takes to check.

func ignoredWords(_ context: StreamingContext) {
    let ignored: Set<String> = ["the", "a", "of"]
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .filter { !ignored.contains(String($0)) }
        .countByValue()
        .print()
}

func ignoredTexts(_ context: StreamingContext) {
    let ignored: Set<Text> = ["the", "a", "of"]
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .filter { !ignored.contains($0) }
        .countByValue()
        .print()
}

func substringKeys(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { String($0).split(separator: ",") }
        .map { ($0, 1) }
        .reduceByKey(+)
        .print()
}

func keysOfTwoParts(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { "\($0.hasPrefix("#")):\($0.utf8Count)" }
        .map { ($0, 1) }
        .countByKey()
        .print()
}

func numbersOnly(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .compactMap { $0.int }
        .filter { $0 % 2 == 0 }
        .reduce { max($0, $1) }
        .print()
}

func fieldsOfLines(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { $0.split(separator: "\t") }
        .map { ($0[0], $0[2]) }
        .groupByKey()
        .print()
}

func joinOfTwoStreams(_ context: StreamingContext) {
    let clicks = context.socketTextStream(host: "127.0.0.1", port: 7773).map { (String($0), 1) }.reduceByKey(+)
    let views = context.socketTextStream(host: "127.0.0.1", port: 7774).map { (String($0), 1) }.reduceByKey(+)
    clicks.join(views).mapValues { Double($0) / Double($1) }.print()
}

func joinOfWindows(_ context: StreamingContext) {
    let clicks = context.socketTextStream(host: "127.0.0.1", port: 7773).window(.seconds(30))
        .map { (String($0), 1) }.countByKey()
    let views = context.socketTextStream(host: "127.0.0.1", port: 7774).window(.seconds(60))
        .map { (String($0), 1) }.countByKey()
    clicks.leftOuterJoin(views).mapValues { ($0, $1 ?? 0) }.print()
}

func outerJoin(_ context: StreamingContext) {
    let first = context.socketTextStream(host: "127.0.0.1", port: 7773).map { (String($0), 1) }
    let second = context.socketTextStream(host: "127.0.0.1", port: 7774).map { (String($0), "x") }
    first.fullOuterJoin(second).mapValues { "\($0.0 ?? 0) \($0.1 ?? "")" }.print()
}

func cogroups(_ context: StreamingContext) {
    let first = context.socketTextStream(host: "127.0.0.1", port: 7773).map { (String($0), 1) }
    let second = context.socketTextStream(host: "127.0.0.1", port: 7774).map { (String($0), 2.5) }
    first.cogroup(second).mapValues { $0.0.reduce(0, +) > $0.1.count }.print()
}

func streamWithATable(_ context: StreamingContext) {
    let table = context.engine.parallelize([("a", "first"), ("b", "second")])
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), 1) }
        .transform { $0.join(table) }
        .map { "\($0.0) \($0.1.0) \($0.1.1)" }
        .print()
}

func unionOfStreams(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .union(context.socketTextStream(host: "127.0.0.1", port: 7774))
        .map { $0.lowercased() }
        .countByValue()
        .print()
}

func bestTen(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .countByValue()
        .forEachBatch { rdd, time in
            let best = try rdd.takeOrdered(10) { $0.1 > $1.1 }
            print(time, best)
        }
}

func partitionsAtATime(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .mapPartitions { lines in [lines.reduce(0) { $0 + $1.utf8Count }] }
        .reduce(+)
        .print()
}

func alerts(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .window(.seconds(60))
        .filter { $0.contains("error") }
        .map { (String($0), 1) }
        .countByKey()
        .filter { $0.1 > 100 }
        .map { "alert: \($0.0) came \($0.1) times" }
        .print()
}
