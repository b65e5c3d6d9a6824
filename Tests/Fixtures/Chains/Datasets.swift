import Swiftwater

// RDDs. ChainsTests compiles these programs and measures how long each takes to check.

func wordsOfAFile(_ context: Context) throws -> [(Text, Int)] {
    try context.textFile("posts.txt")
        .flatMap { $0.split(separator: " ") }
        .map { ($0, 1) }
        .reduceByKey(+)
        .sorted(by: { $0.1 }, ascending: false)
        .take(10)
}

func meansOfAFile(_ context: Context) throws -> [(Text, Double)] {
    try context.textFile("ratings.csv")
        .map { (line: Text) -> (Text, Double) in
            let fields = line.split(separator: ",")
            return (fields[1], fields.part(2)?.double ?? 0)
        }
        .meanByKey()
        .sorted(by: { $0.1 }, ascending: false)
        .take(10)
}

func statisticsOfAFile(_ context: Context) throws -> [(Text, (Int, Double))] {
    try context.textFile("ratings.csv")
        .map { $0.split(separator: ",") }
        .map { ($0[1], $0[2].double ?? 0) }
        .aggregateByKey(.count(), .mean())
        .filter { $0.1.0 > 100 }
        .collect()
}

func sumsOfAFile(_ context: Context) throws -> [(Int, Int)] {
    try context.parallelize(Array(1...1000)).map { ($0 % 10, $0) }.sumByKey().collect()
}

func sumOfSquares(_ context: Context) throws -> Int? {
    try context.parallelize(Array(1...1000)).map { $0 * $0 }.reduce(+)
}

func joinOfTables(_ context: Context) throws -> [(String, (Int, String))] {
    let ages = context.parallelize([("Ana", 31), ("Ben", 27)])
    let towns = context.parallelize([("Ana", "Lisbon"), ("Ben", "Graz")])
    return try ages.join(towns).filter { $0.1.0 > 30 }.collect()
}

func largestByKey(_ context: Context) throws -> [(String, Int)] {
    try context.parallelize([("a", 1), ("b", 2), ("a", 3)]).maxByKey().sortByKey().collect()
}

func customCombine(_ context: Context) throws -> [(String, [Int])] {
    try context.parallelize([("a", 1), ("b", 2), ("a", 3)])
        .combineByKey(create: { [$0] }, add: { $0.append($1) }, merge: { $0 += $1 })
        .mapValues { $0.sorted() }
        .collect()
}

func distinctAndSet(_ context: Context) throws -> Int {
    let first = context.parallelize(Array(1...100))
    let second = context.parallelize(Array(50...150))
    return try first.union(second).distinct().subtract(first.intersection(second)).count()
}

func indexedLines(_ context: Context) throws -> [String] {
    try context.textFile("posts.txt").zipWithIndex().map { "\($0.1 + 1): \($0.0)" }.collect()
}
